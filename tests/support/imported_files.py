"""Files in the formats that are imported; all of it was written for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.projects import write_file

SHOP = "Is {{review}} a happy note? ||| {{ answer_choices[label] }}"


def templates(*entries: str, dataset: str = "corner_shop", subset: str | None = None) -> str:
    """A templates.yaml of PromptSource with these entries."""
    head = f"dataset: {dataset}\n" + (f"subset: {subset}\n" if subset else "")
    return head + "templates:\n" + "".join(entries)


def template(jinja: str = SHOP, choices: str | None = "no ||| yes", name: str = "happy note", key: str = "k-1") -> str:
    """One entry of it."""
    return "".join(
        [
            f"  {key}: !Template\n",
            f"    answer_choices: {json.dumps(choices)}\n",
            f"    id: {key}\n",
            f"    jinja: {json.dumps(jinja)}\n",
            "    metadata: !TemplateMetadata\n      choices_in_prompt: false\n      languages: [en]\n",
            "      metrics: [Accuracy]\n      original_task: true\n",
            f"    name: {json.dumps(name)}\n    reference: ''\n",
        ]
    )


def one(jinja: str = SHOP, choices: str | None = "no ||| yes", **about: str) -> str:
    """A file with one template."""
    return templates(template(jinja, choices, **about))


def harness(**fields: object) -> str:
    """A file of lm-evaluation-harness; a field whose text starts with an exclamation mark keeps its tag."""
    known: dict[str, object] = {
        "task": "shop_notes",
        "dataset_path": "corner/shop",
        "dataset_name": "2024",
        "output_type": "multiple_choice",
        "doc_to_text": "Note: {{note}}\nHappy?",
        "doc_to_choice": ["no", "yes"],
        "doc_to_target": "label",
        "metric_list": [{"metric": "acc"}],
    }
    present = {name: value for name, value in (known | fields).items() if value is not None}
    return "".join(f"{name}: {_value(value)}\n" for name, value in present.items())


def _value(value: object) -> str:
    return value if isinstance(value, str) and value.startswith("!") else json.dumps(value, ensure_ascii=False)


def instances(n: int = 60, **outputs: int) -> list[dict[str, Any]]:
    """`n` instances whose output is happy or sad in turn, and further ones per output."""
    people = ["baker", "porter", "tailor", "painter", "nurse", "farmer", "pilot"]
    nouns = ["oven", "trolley", "needle", "brush", "thermometer", "plough", "wing", "ladder", "kettle"]
    labels = [("happy", "sad")[number % 2] for number in range(n)]
    labels += [output for output, count in outputs.items() for _ in range(count)]
    return [
        {
            "id": f"shop-{number}",
            "input": f"The {people[number % 7]} wrote {number * 37} words of a {nouns[number % 9]} and felt {output}",
            "output": [output],
        }
        for number, output in enumerate(labels)
    ]


def definitions(**fields: object) -> dict[str, Any]:
    """The fields of a file of Natural-Instructions; None takes one away."""
    known: dict[str, Any] = {
        "Contributors": ["nobody"],
        "Source": ["corner shop"],
        "Categories": ["Mood Classification", "Reasoning"],
        "Domains": ["Retail", "Letters"],
        "Input_language": ["English"],
        "Definition": ["Tell whether the writer is happy or sad."],
        "Positive Examples": [{"input": "What a day!", "output": "happy", "explanation": "It exults."}],
        "Instances": instances(),
    }
    return {name: value for name, value in (known | fields).items() if value is not None}


def write_json(folder: Path, content: object, name: str = "shop_mood.json") -> Path:
    """A JSON file with this content."""
    return write_file(folder, name, json.dumps(content))
