"""Runs exported projects under the real package, with a model that only pretends.

Reads one JSON object a line, {"folder", "inputs"}, and answers one line each: {"ran": [names], "skipped": [names],
"raw": [...]} or {"error": text}. `USE tool {…}` in a task's description makes the model call the tool first,
`ANSWER text` is what it answers.
"""

import contextlib
import importlib.util
import io
import json
import re
import runpy
import sys
import traceback
from pathlib import Path

import litellm
from litellm import ModelResponse

from crewai import Task
from crewai.tasks.conditional_task import ConditionalTask

ran = []
#: How many outputs each task that ran was given.
contexts = []
skipped = []
observed = []


def said(text):
    return ModelResponse(choices=[{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}])


def pretend(*_arguments, **options):
    text = "\n".join(str(message.get("content") or "") for message in options["messages"])
    if "Guardrail:" in text:
        return said('Thought: I now can give a great answer\nFinal Answer: {"valid": true, "feedback": null}')
    use = re.search(r"USE (\w+) (\{.*\})", text)
    if use and "Thought: use it" not in text:
        return said(f"Thought: use it\nAction: {use.group(1)}\nAction Input: {use.group(2)}")
    observed.extend(re.findall(r"^Action Input: \{.*\}\nObservation: (.{0,300})", text, re.MULTILINE | re.DOTALL))
    found = re.findall(r"ANSWER (.*)", text)
    answer = found[0] if found else "done"
    return said(f"Thought: I now can give a great answer\nFinal Answer: {answer}")


litellm.completion = pretend

execute = Task._execute_core
judge = ConditionalTask.should_execute


def execute_and_note(self, *arguments, **options):
    ran.append(self.name)
    context = arguments[1] if len(arguments) > 1 else options.get("context")
    contexts.append(len(context.split("\n\n----------\n\n")) if context else 0)
    return execute(self, *arguments, **options)


def judge_and_note(self, output):
    holds = judge(self, output)
    if not holds:
        skipped.append(self.name)
    return holds


Task._execute_core = execute_and_note
ConditionalTask.should_execute = judge_and_note


def command_line(folder, inputs):
    """What `python crew.py name=value …` prints."""
    shown = io.StringIO()
    sys.argv = ["crew.py", *[f"{name}={value}" for name, value in inputs.items()]]
    with contextlib.redirect_stdout(shown):
        runpy.run_path(str(Path(folder) / "crew.py"), run_name="__main__")
    return shown.getvalue()


def run(folder, inputs):
    for module in ("crew", "crew_parts", "tools"):
        sys.modules.pop(module, None)
    path_before = list(sys.path)
    try:
        spec = importlib.util.spec_from_file_location("crew", Path(folder) / "crew.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        crew = module.build_crew()
        texts = [[agent.role, agent.goal, agent.backstory] for agent in crew.agents]
        tasks = [[task.name, task.description, task.expected_output] for task in crew.tasks]
        result = crew.kickoff(inputs=inputs)
        noted = list(ran), list(skipped), list(contexts)
        printed = command_line(folder, inputs) if inputs else None
        if printed is not None and result.raw not in printed:
            raise AssertionError(f"the command line shows {printed!r}")
    finally:
        sys.path[:] = path_before
    return {
        "agents": texts,
        "tasks": tasks,
        "ran": noted[0],
        "skipped": noted[1],
        "contexts": noted[2],
        "observed": list(dict.fromkeys(observed)),
        "raw": [output.raw for output in result.tasks_output],
        "json": [output.json_dict for output in result.tasks_output],
    }


for line in sys.stdin:
    request = json.loads(line)
    for noted in (ran, skipped, contexts, observed):
        noted.clear()
    shown = io.StringIO()
    try:
        with contextlib.redirect_stdout(shown):
            answer = run(request["folder"], request["inputs"])
    except BaseException as error:
        answer = {"error": "".join(traceback.format_exception(error))[-1500:]}
    print(json.dumps(answer), flush=True)
