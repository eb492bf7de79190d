"""Runs crews with CrewAI, one command a line of JSON on stdin, one answer a line on stdout.

Arguments: base URL of the model, then a JSON object with the texts of agent and task.
"""

import json
import sys
import threading
import time

answers = sys.stdout
# Whatever the library prints must not be taken for an answer.
sys.stdout = sys.stderr

from crewai import LLM, Agent, Crew, Process, Task  # noqa: E402

BASE_URL = sys.argv[1]
TEXTS = json.loads(sys.argv[2])


def make_crew(tasks):
    llm = LLM(model="openai/gpt-4o-mini", base_url=BASE_URL, api_key="bench")
    agent = Agent(llm=llm, verbose=False, **TEXTS["agent"])
    steps = [
        Task(
            name=f"task_{number}",
            description=TEXTS["description"].replace("{number}", str(number)),
            expected_output=TEXTS["expected_output"],
            agent=agent,
        )
        for number in range(1, tasks + 1)
    ]
    return Crew(agents=[agent], tasks=steps, process=Process.sequential, verbose=False)


def run(tasks, name):
    crew = make_crew(tasks)
    begun = time.perf_counter()
    crew.kickoff(inputs={"run": name})
    return (time.perf_counter() - begun) * 1000


def loop(command):
    """A closed loop, as the other sides have it: the first runs are not counted."""
    names = iter(command["names"])
    lock = threading.Lock()
    begun = time.perf_counter()
    end = begun + command["seconds"]
    counted_from = begun + command["ramp_seconds"]
    used, finished, failures = [], [0], []

    def runner():
        while time.perf_counter() < end and not failures:
            with lock:
                name = next(names)
                used.append(name)
            try:
                run(command["tasks"], name)
            except Exception as error:  # reported to the bench, which ends
                failures.append(repr(error))
                return
            now = time.perf_counter()
            if counted_from <= now < end:
                with lock:
                    finished[0] += 1

    threads = [threading.Thread(target=runner) for _ in range(command["concurrency"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return {"used": used, "rate": finished[0] / (end - counted_from)}


def answer(message):
    answers.write(json.dumps(message) + "\n")
    answers.flush()


answer({"ready": True})
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "run":
        answer({"wall_ms": run(command["tasks"], command["name"])})
    else:
        answer(loop(command))
