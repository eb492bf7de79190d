"""Kicks crews off with the real package, its agents answering from a script, and says what came to pass.

Reads {"graph": …, "script": {task id: [answer, …]}} a line. Descriptions are "do <task id>" and roles are ids,
so that everything can be called by its id. Answers one line each.
"""

import contextlib
import io
import json
import sys
import threading

from construct import Builder

from crewai import Agent

lock = threading.Lock()
current = None


class Kickoff(Builder):
    def __init__(self, graph, script):
        super().__init__(graph)
        self.script = script
        self.seen = {}

    def guardrail(self, node):
        return lambda output: (output.raw.startswith("good"), output.raw)

    def condition(self, node):
        ((kind, text),) = node["data"]["condition"].items()
        return lambda output: (text in output.raw) == (kind == "contains")

    def execute(self, agent, task, context, tools):
        key = task.description.removeprefix("do ")
        with lock:
            seen = self.seen.setdefault(key, {"agent": agent.role, "context": context or "", "attempts": 0})
            seen["attempts"] += 1
            coworkers = {one.role for tool in tools or [] for one in getattr(tool, "agents", [])}
            seen["coworkers"] = sorted(coworkers)
            seen["tools"] = sorted(tool.name for tool in tools or [] if not hasattr(tool, "agents"))
            answers = self.script.get(key, [f"text of {key}"])
            return answers[min(seen["attempts"], len(answers)) - 1]

    def run(self):
        try:
            output = self.crew().kickoff()
        except Exception as error:
            return {"error": str(error).split(" Last error")[0], "seen": self.seen}
        outputs = [[one.description.removeprefix("do "), one.raw] for one in output.tasks_output]
        return {"seen": self.seen, "outputs": outputs, "raw": output.raw}


def scripted(agent, task, context=None, tools=None):
    return current.execute(agent, task, context, tools)


if __name__ == "__main__":
    Agent.execute_task = scripted
    for line in sys.stdin:
        asked = json.loads(line)
        current = Kickoff(asked["graph"], asked["script"])
        with contextlib.redirect_stdout(io.StringIO()):
            answer = current.run()
        print(json.dumps(answer, separators=(",", ":"), sort_keys=True), flush=True)
