"""Makes the agents and tasks of this folder out of agents.yaml and tasks.yaml, for CrewAI 0.121.1."""

import json
import keyword
import re
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Union

import yaml
from crewai import LLM, Agent, Task
from crewai.tasks.conditional_task import ConditionalTask
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, create_model

from tools import tool_named

HERE = Path(__file__).resolve().parent
#: Python functions and objects, for which a YAML file has no word; set them in crew.py.
PYTHON_ONLY = {
    "callback",
    "callbacks",
    "step_callback",
    "converter_cls",
    "cache_handler",
    "security_config",
    "config",
    "id",
}


def read_agents():
    """The agents of agents.yaml by name."""
    return {name: agent_from(entry) for name, entry in entries_of("agents.yaml").items()}


def read_tasks(agents):
    """The tasks of tasks.yaml by name; a context names tasks that stand above it."""
    tasks = {}
    for name, entry in entries_of("tasks.yaml").items():
        tasks[name] = task_from(name, entry, agents, tasks)
    return tasks


def inputs_from(arguments):
    """name=value … of the command line."""
    inputs = {}
    for argument in arguments:
        name, separator, value = argument.partition("=")
        if not separator:
            raise SystemExit(f"{argument!r} is not name=value")
        inputs[name] = value
    return inputs


def entries_of(file):
    return yaml.safe_load((HERE / file).read_text(encoding="utf-8")) or {}


def fields_of(model, entry):
    return {
        field: value
        for field, value in entry.items()
        if field in model.model_fields and field not in PYTHON_ONLY and value is not None
    }


def agent_from(entry):
    fields = fields_of(Agent, entry)
    for field in ("llm", "function_calling_llm"):
        if isinstance(fields.get(field), dict):
            fields[field] = LLM(**fields[field])
    fields["tools"] = [tool_named(name) for name in entry.get("tools") or []]
    return Agent(**fields)


def task_from(name, entry, agents, earlier):
    fields = fields_of(Task, entry)
    fields.setdefault("name", name)
    if "agent" in fields:
        fields["agent"] = agents[fields["agent"]]
    if "context" in fields:
        # a task that names itself sees nothing of itself
        fields["context"] = [earlier[one] for one in fields["context"] if one != name]
    if "tools" in fields:
        fields["tools"] = [tool_named(one) for one in fields["tools"]]
    for field in ("output_json", "output_pydantic"):
        if field in fields:
            fields[field] = shape_from(fields[field])
    if isinstance(fields.get("guardrail"), dict):
        fields["guardrail"] = guardrail_from(fields["guardrail"])
    elif not str(fields.get("guardrail", "")).strip():
        fields.pop("guardrail", None)
    if entry.get("condition") is not None:
        return ConditionalTask(condition=condition_from(entry["condition"]), **fields)
    return Task(**fields)


# Conditions: whether a task runs, by the output of the task before it.


def condition_from(test):
    """A function out of {contains: text}, {not_contains: text}, {matches: pattern} or {json: {path, equals}}."""
    ((kind, wanted),) = test.items()
    if kind == "contains":
        return lambda output: wanted in output.raw
    if kind == "not_contains":
        return lambda output: wanted not in output.raw
    if kind == "matches":
        pattern = re.compile(wanted)
        return lambda output: pattern.search(output.raw) is not None
    if kind == "json":
        path, equals = wanted.get("path", ""), wanted["equals"]
        return lambda output: value_equals(output.raw, path, equals)
    raise ValueError(f"no such condition: {kind}")


def value_equals(raw, pointer, equals):
    try:
        value = json_in(raw)
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value[key]
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    return same(value, equals)


def same(one, other):
    """Equal as JSON: True is not 1, and 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


def json_in(raw):
    """The JSON of an output, which models like to put between fences."""
    text = raw.strip()
    fenced = re.fullmatch(r"```(?:json)?\s*\n(.*?)\n?```", text, re.DOTALL)
    return json.loads(fenced.group(1) if fenced else text)


# Guardrails and shapes: JSON schemas.


def guardrail_from(schema):
    """A function that lets only such outputs pass that fit the JSON schema."""
    validator = Draft202012Validator(schema)

    def guardrail(output):
        try:
            value = json_in(output.raw)
        except ValueError:
            return False, "The output must be JSON and nothing else."
        problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        return (False, "\n".join(problems)) if problems else (True, output)

    return guardrail


class Shape(BaseModel):
    """An object of a JSON schema; its fields keep the names they have there."""

    model_config = ConfigDict(populate_by_name=True, protected_namespaces=())

    def model_dump(self, **options):
        return super().model_dump(**{"by_alias": True, **options})


def shape_from(schema):
    """A pydantic model out of a JSON schema; one that is no object becomes its field `value`."""
    if schema.get("type", "object") != "object":
        schema = {"type": "object", "properties": {"value": schema}, "required": ["value"], "$defs": schema.get("$defs", {})}
    return model_from(schema, schema, ())


def model_from(schema, root, within):
    required = schema.get("required", [])
    fields = {}
    for place, (name, inner) in enumerate((schema.get("properties") or {}).items()):
        kind = type_from(inner, root, within)
        description = inner.get("description") if isinstance(inner, dict) else None
        options: Dict[str, Any] = {"description": description, "alias": name}
        if name in required:
            fields[python_name(name, place)] = (kind, Field(**options))
        else:
            fields[python_name(name, place)] = (Optional[kind], Field(default=None, **options))
    title = re.sub(r"\W", "", str(schema.get("title", "")), flags=re.ASCII)
    return create_model(f"Shape{title}", __base__=Shape, **fields)


def python_name(name, place):
    fits = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
    return name if fits and not hasattr(Shape, name) else f"field_{place}"


TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "null": type(None)}


def type_from(schema, root, within):
    """The Python type nearest to a schema; Any where Python has none."""
    if not isinstance(schema, dict) or len(within) > 20:
        return Any
    reference = schema.get("$ref")
    if isinstance(reference, str):
        # one that leads back into itself has no end
        return Any if reference in within else type_from(at_pointer(root, reference), root, (*within, reference))
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if choices and all(isinstance(one, (str, int, bool, type(None))) for one in choices):
        return Literal[tuple(choices)]
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            return Union[tuple(type_from(one, root, (*within, word)) for one in schema[word])]
    kinds = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kinds, list):
        return Union[tuple(type_from({**schema, "type": one}, root, (*within, "type")) for one in kinds)]
    if kinds == "array":
        return List[type_from(schema.get("items", True), root, (*within, "items"))]
    if kinds == "object":
        return model_from(schema, root, (*within, "object")) if schema.get("properties") else Dict[str, Any]
    return TYPES.get(kinds, Any)


def at_pointer(root, reference):
    value = root
    for step in reference.lstrip("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value
