"""CodeBuild: projects."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import paged, things


def list_projects(call: Call) -> dict[str, Any]:
    names = sorted(project["name"] for project in things(call, "projects"))
    return paged(call, "projects", names, ("nextToken", "nextToken", "maxResults"), 100)


def batch_get_projects(call: Call) -> dict[str, Any]:
    names, projects = call.need("names"), {project["name"]: project for project in things(call, "projects")}
    return {
        "projects": [projects[name] for name in names if name in projects],
        "projectsNotFound": [name for name in names if name not in projects],
    }
