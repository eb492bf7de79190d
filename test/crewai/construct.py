"""Builds the crews of graph documents with the real package, as a crew.py would, and says what it says.

Reads one JSON object a line, {"graph": …}, and answers one line each: {"ok": true}, or {"error": type} with
"at": [node id, field] where the error is about one field. Types are pydantic's, or the exception's name.
"""

import contextlib
import io
import json
import sys

from pydantic import BaseModel, ValidationError, create_model

from crewai import LLM, Agent, Crew, Task
from crewai.tasks.conditional_task import ConditionalTask
from crewai.tools import BaseTool

#: Fields of ours, which a crew.py would not hand on.
OURS = {"agent": {"fallback_models"}, "task": {"condition"}, "crew": {"compat"}}
TOOLS = ["hello_world", "calculator", "current_time"]


class Named(BaseTool):
    name: str
    description: str = "a tool"

    def _run(self, text: str = "") -> str:
        return text


class Refused(Exception):
    """What the real package said of one node."""

    def __init__(self, kind, at=None):
        super().__init__(kind)
        self.kind = kind
        self.at = at


def made(node_id, make):
    try:
        return make()
    except ValidationError as error:
        first = error.errors()[0]
        place = [node_id, str(first["loc"][0])] if first["loc"] and node_id is not None else None
        raise Refused(first["type"], place) from error
    except Refused:
        raise
    except Exception as error:
        raise Refused(type(error).__name__) from error


def each(data, change):
    """The fields of a node and, the same way, those of its config."""
    out = change(dict(data))
    if isinstance(out.get("config"), dict):
        out["config"] = change(dict(out["config"]))
    return out


class Builder:
    def __init__(self, graph):
        self.graph = graph
        self.nodes = {node["id"]: node for node in graph["nodes"]}
        self.tools = {name: Named(name=name) for name in TOOLS}
        self.agents = {}
        self.tasks = {}

    def of_type(self, kind):
        return [node for node in self.graph["nodes"] if node["type"] == kind]

    def sources(self, target, kind):
        found = [edge["source"] for edge in self.graph["edges"] if edge["target"] == target]
        return [one for one in dict.fromkeys(found) if self.nodes[one]["type"] == kind]

    def tool(self, name):
        if not isinstance(name, str):
            return name
        if name in self.nodes:
            name = self.nodes[name]["data"]["name"]
        return self.tools[name]

    def guardrail(self, node):
        return lambda output: (True, output.raw)

    def condition(self, node):
        return lambda output: True

    def with_tools(self, node, data):
        handed = [self.tool(one) for one in self.sources(node["id"], "tool")]
        named = data.get("tools")
        if handed and (named is None or isinstance(named, list)):
            named = named or []
            data["tools"] = named + [tool for tool in handed if tool not in named]
        return data

    def agent(self, node):
        def change(data):
            for field in OURS["agent"]:
                data.pop(field, None)
            if isinstance(data.get("tools"), list):
                data["tools"] = [self.tool(name) for name in data["tools"]]
            if isinstance(data.get("llm"), dict):
                data["llm"] = LLM(**data["llm"])
            return data

        data = made(node["id"], lambda: self.with_tools(node, each(node["data"], change)))
        return made(node["id"], lambda: Agent(**data))

    def task(self, node):
        later = []

        def change(data):
            for field in OURS["task"]:
                data.pop(field, None)
            if isinstance(data.get("tools"), list):
                data["tools"] = [self.tool(name) for name in data["tools"]]
            if data.get("agent") == "":
                data.pop("agent")
            if isinstance(data.get("agent"), str):
                data["agent"] = self.agents[data["agent"]]
            if isinstance(data.get("context"), list):
                if any(name not in self.tasks for name in data["context"] if isinstance(name, str)):
                    later.extend(data.pop("context"))
                else:
                    data["context"] = [self.tasks[n] if isinstance(n, str) else n for n in data["context"]]
            for field in ("output_json", "output_pydantic"):
                if isinstance(data.get(field), dict):
                    data[field] = create_model("Shape", __base__=BaseModel)
            if isinstance(data.get("guardrail"), dict):
                data["guardrail"] = self.guardrail(node)
            return data

        def build():
            data = self.with_tools(node, each(node["data"], change))
            assigned = self.sources(node["id"], "agent")
            if assigned and data.get("agent") is None:
                data["agent"] = self.agents[assigned[0]]
            given = self.sources(node["id"], "task")
            if given and data.get("context") is None and not later:
                data["context"] = [self.tasks[one] for one in given]
            if node["data"].get("condition") is not None:
                return ConditionalTask(condition=self.condition(node), **data)
            return Task(**data)

        task = made(node["id"], build)
        return task, later

    def order(self):
        """Topological by edges between tasks, ties by place; written apart from the program's own."""
        left = [node["id"] for node in self.of_type("task")]
        before = {one: set(self.sources(one, "task")) for one in left}
        done = []
        while left:
            free = [one for one in left if before[one] <= set(done)] or left
            done.append(free[0])
            left.remove(free[0])
        return done

    def crew(self):
        crews = self.of_type("crew")
        node = crews[0] if crews else {"id": None, "data": {}}
        data = {k: v for k, v in node["data"].items() if k not in OURS["crew"]}
        for agent in self.of_type("agent"):
            self.agents[agent["id"]] = self.agent(agent)
        waiting = []
        for task_id in self.order():
            task, later = self.task(self.nodes[task_id])
            self.tasks[task_id] = task
            waiting.append((task, later))
        for task, later in waiting:
            if later:
                task.context = [self.tasks[name] for name in later]
        manager = data.get("manager_agent")
        if manager == "":
            data.pop("manager_agent")
        elif isinstance(manager, str):
            data["manager_agent"] = made(None, lambda: self.agents[manager])
        if isinstance(data.get("manager_llm"), dict) and data["manager_llm"]:
            data["manager_llm"] = made(None, lambda: LLM(**data["manager_llm"]))
        data.pop("agents", None)
        data.pop("tasks", None)
        agents = [agent for key, agent in self.agents.items() if key != manager]
        return made(node["id"], lambda: Crew(agents=agents, tasks=list(self.tasks.values()), **data))


def answer(graph):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            Builder(graph).crew()
    except Refused as refused:
        return {"error": refused.kind, **({"at": refused.at} if refused.at else {})}
    except Exception as error:
        return {"error": type(error).__name__, "detail": str(error)[:200]}
    return {"ok": True}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line)["graph"]), separators=(",", ":")), flush=True)
