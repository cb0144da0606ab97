"""Every sentence of docs/security.md on what stops somebody is held by a test, which is named here."""

from __future__ import annotations

import re

import pytest

from tools.supply import ROOT

CLI, AWS, PUBLISH = "assets/cli/test_cli", "pipeline/aws", "pipeline/publish"
HELD = {
    "Text from AWS is data. Pages escape it": "reports/test_site:test_every_page_has_the_policy_and_no_inline_script",
    "CSV cells cannot be formulas": "reports/test_sheet:test_what_could_be_a_formula_is_text",
    "messages defuse links and mentions": f"{PUBLISH}/test_notify:test_slack",
    "control characters are shown by their code": f"{CLI}:test_control_characters_do_not_reach_the_terminal",
    "File names are never made of names": "reports/test_documents:test_hostile_names_are_text",
    "SQL never contains them": "assets/cli/test_query:test_no_value_changes_the_terminal_or_is_a_formula",
    "A document that cannot be parsed": "pipeline/policy/test_document:test_malformed",
    "an account whose answers contradict themselves": "pipeline/quality/test_contradictions:"
    "test_an_account_whose_rows_break_a_check_is_not_read_and_the_night_goes_on",
    "An account cannot hold up the night": f"{AWS}/test_visit:test_an_account_and_a_night_end",
    "AssumeRole is called with the external ID": f"{AWS}/test_visit:"
    "test_role_is_assumed_once_in_the_partition_of_the_caller",
    "The role is least privilege": f"{AWS}/test_permissions:test_what_collectors_need_changes_nothing",
    "Each session is narrowed": f"{AWS}/test_permissions:"
    "test_a_session_policy_allows_what_is_read_and_nothing_that_changes_something",
    "carries a session name": f"{AWS}/test_visit:test_a_session_is_as_the_settings_say",
    "Only a complete answer": f"{AWS}/test_answers:test_a_success_that_is_not_the_service_s_answer_is_cut",
    "a page of a proxy is class `not_aws`": f"{AWS}/test_answers:test_an_error_that_no_service_words_so_is_none_of_aws",
    "An endpoint that is neither AWS's": f"{AWS}/test_session:"
    "test_another_endpoint_is_refused_unless_the_settings_name_it",
    "every message about a failed call names the endpoint": f"{CLI}:test_unreachable_endpoint",
    "Everything in a home is private": f"{CLI}:test_what_is_made_in_a_home_is_for_its_user_alone",
    "follow no symbolic links": "pipeline/test_locks:test_a_lock_is_private_and_never_a_link",
    "No secret is stored": "pipeline/test_end_to_end:test_planted_keys_are_seen_and_nowhere_stored",
    "passwords in URLs": f"{CLI}:test_a_password_in_an_address_is_not_quoted",
    "the output of credential helpers": f"{CLI}:test_a_credential_helper_is_not_quoted",
    "Values that look like access keys": "pipeline/test_end_to_end:test_planted_keys_are_seen_and_nowhere_stored",
    "Keep it on loopback": "tools/test_service:test_the_web_server_starts_on_loopback_with_the_settings_of_the_home",
    "A bucket that is public": f"{PUBLISH}/test_bucket:test_no_damaged_answer_makes_a_public_bucket_a_private_one",
    "that another account owns": f"{PUBLISH}/test_bucket:test_a_bucket_of_another_account_is_refused",
    "`rolecall query` opens the database read-only": "assets/cli/test_query:test_what_is_not_a_question_is_refused",
    "Pages load nothing from elsewhere": "reports/test_site:test_nothing_is_loaded_from_elsewhere",
    "charts have no button": "reports/test_browser:test_charts_are_drawn_and_can_be_saved",
    "in its sandbox unless": "reports/test_documents:test_only_root_runs_chromium_without_its_sandbox",
    "The locks have exact versions with hashes": "tools/test_supply:test_a_lock_without_hashes_is_refused",
    "held against a snapshot": "tools/test_supply:test_no_package_of_the_locks_is_in_an_advisory",
    "bill of materials": "tools/test_supply:"
    "test_the_bill_of_materials_has_every_package_of_the_lock_and_is_the_same_each_time",
    "has neither the emulator nor test tools": "test_wheel:"
    "test_a_wheel_holds_the_packages_and_all_models_and_neither_tools_nor_tests",
}
UNTESTED = {
    "TLS is botocore's.": "a statement on a library",
    "Proxies are the operator's to set": "what is left to others",
    "Credentials are boto3's; `notify` names variables": "nothing of ours to test beyond the masks",
    "Dagster's web server has no sign-in.": "a statement on a library",
}


def stops() -> str:
    """The part of the page on what stops whom, without line breaks."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    _, _, part = text.partition("## Who, and what stops them")
    return " ".join(part.partition("## What is left to you")[0].split())


def test_every_item_of_the_page_has_a_test() -> None:
    said = [item for item in re.split(r" - |\*\*", stops())[1:] if item.strip() and item[0].isupper()]
    said = [item for item in said if not re.match(r"Somebody|Another user|Readers of|Whoever", item)]
    assert len(said) > 15
    assert [item for item in said if not any(phrase in item for phrase in HELD)] == []
    assert [phrase for phrase in (*HELD, *UNTESTED) if phrase not in stops()] == []


@pytest.mark.parametrize("test", sorted(set(HELD.values())))
def test_the_test_is_there(test: str) -> None:
    module, _, name = test.partition(":")
    path = ROOT / "tests" / f"{module}.py"
    assert f"\ndef {name}(" in path.read_text(encoding="utf-8")
