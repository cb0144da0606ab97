"""A published database for messages."""

from __future__ import annotations

URL = "https://reports.example/iam"


NAMES = {
    # What an account is called, and how it is to be read.
    "<!channel> <!here|x> <@U024BE7LH> @here @everyone": "<!channel> <!here|x> <@U024BE7LH> @here @everyone",
    "<http://evil.example|click> http://evil.example": "<http://evil.example|click> http://evil.example",
    "[t](http://evil.example) *x* _y_ ~z~ `c` # h &lt;": "[t](http://evil.example) *x* _y_ ~z~ `c` # h &lt;",
    "<script>alert('x')</script><at>you</at><b>B</b>": "<script>alert('x')</script><at>you</at><b>B</b>",
    '\u202egnp.exe\u200b \u200fa\nb\x07\t"R&D" Zoë 東京': '\\u202egnp.exe\\u200b \\u200fa b\\u0007 "R&D" Zoë 東京',
}
