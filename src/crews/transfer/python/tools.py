"""The tools of this crew. One that has no Python here says so when an agent uses it: write its `_run`."""

import ast
import math
import operator
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any, Dict, List, Optional, Type
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crewai.tools import BaseTool
from pydantic import BaseModel, Field


class HelloWorldInput(BaseModel):
    name: Optional[str] = Field(default=None, description="Who is to be greeted")


class HelloWorld(BaseTool):
    name: str = "hello_world"
    description: str = "Greets somebody by name, or the world."
    args_schema: Type[BaseModel] = HelloWorldInput

    def _run(self, name: Optional[str] = None) -> str:
        return f"Hello, {name or 'world'}!"


class CalculatorInput(BaseModel):
    expression: str = Field(max_length=500, description="For example: (1200 * 1.19 - 80) / 3")


class Calculator(BaseTool):
    name: str = "calculator"
    description: str = "Works out an arithmetic expression of numbers, + - * / % ^, parentheses and functions such as round."
    args_schema: Type[BaseModel] = CalculatorInput

    def _run(self, expression: str) -> str:
        value = calculated(ast.parse(expression.replace("^", "**"), mode="eval").body)
        return str(int(value) if float(value).is_integer() and abs(value) < 1e15 else value)


def power(base, exponent):
    return float(base) ** float(exponent)


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: math.fmod,
    ast.Pow: power,
}
FUNCTIONS = {
    "abs": abs,
    "ceil": math.ceil,
    "exp": math.exp,
    "floor": math.floor,
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}
CONSTANTS = {"pi": math.pi, "e": math.e}


def calculated(node):
    """Walks the parsed expression; anything that is no arithmetic is refused."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in CONSTANTS:
        return CONSTANTS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        value = calculated(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](calculated(node.left), calculated(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and not node.keywords:
        values = [calculated(one) for one in node.args]
        if node.func.id == "round" and len(values) == 2:
            values[1] = int(values[1])
        return FUNCTIONS[node.func.id](*values)
    raise ValueError("this is no arithmetic")


class CurrentTimeInput(BaseModel):
    timezone: Optional[str] = Field(default=None, description="An IANA name such as Europe/Berlin; UTC when left out")


class CurrentTime(BaseTool):
    name: str = "current_time"
    description: str = "Tells the date, the time and the day of the week, in UTC or in a given time zone."
    args_schema: Type[BaseModel] = CurrentTimeInput
    cache_function: Any = lambda *_arguments: False

    def _run(self, timezone: Optional[str] = None) -> str:
        name = timezone or "UTC"
        try:
            now = datetime.now(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {name!r}; give an IANA name such as Europe/Berlin") from error
        return f"{now.isoformat(timespec='seconds')} ({now:%A}, {name})"


class HttpRequestInput(BaseModel):
    url: str = Field(description="The whole address, with http:// or https://")
    method: str = Field(default="GET", description="GET, HEAD, POST, PUT, PATCH or DELETE")
    headers: Dict[str, str] = Field(default_factory=dict)
    body: Optional[str] = None


class HttpRequest(BaseTool):
    name: str = "http_request"
    description: str = "Calls a web address and answers with status and body as text. At most 1 MB, 30 seconds."
    args_schema: Type[BaseModel] = HttpRequestInput
    cache_function: Any = lambda *_arguments: False

    def _run(
        self, url: str, method: str = "GET", headers: Optional[Dict[str, str]] = None, body: Optional[str] = None
    ) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the address must begin with http:// or https://")
        data = None if body is None else body.encode()
        request = urllib.request.Request(url, data=data, headers=headers or {}, method=method.upper())
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return f"HTTP {answer.status}\n\n{answer.read(1_000_000).decode('utf-8', 'replace')}"


class AskHumanInput(BaseModel):
    question: str = Field(description="What you want to know, complete")
    options: Optional[List[str]] = Field(default=None, description="The possible answers, when there are only a few")


class AskHuman(BaseTool):
    name: str = "ask_human"
    description: str = "Asks a person a question and waits for the answer."
    args_schema: Type[BaseModel] = AskHumanInput
    cache_function: Any = lambda *_arguments: False

    def _run(self, question: str, options: Optional[List[str]] = None) -> str:
        hint = f" [{', '.join(options)}]" if options else ""
        return input(f"{question}{hint}\n> ")


class NotWritten(BaseTool):
    name: str
    description: str = "This tool has not been written yet."

    def _run(self, **_arguments: Any) -> str:
        raise NotImplementedError(f"the tool {self.name!r} has no Python yet: write it in tools.py")


TOOLS = {"hello_world": HelloWorld, "calculator": Calculator, "current_time": CurrentTime, "http_request": HttpRequest, "ask_human": AskHuman}


def tool_named(name):
    return TOOLS[name]() if name in TOOLS else NotWritten(name=name)
