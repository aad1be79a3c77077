"""An equation as MathML, for pages: fractions over a bar, names as they are written, numbers as they stand in the text.

>>> mathml(Equation("amount * carbon / 12"))
'<mrow><mfrac><mrow><mi>amount</mi><mo>×</mo><mi>carbon</mi></mrow><mn>12</mn></mfrac></mrow>'
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from html import escape

from .equation import Equation

SIGNS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×"}
RANKS = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 3}


def mathml(equation: Equation, names: Mapping[str, str] | None = None) -> str:
    """The content of a ``<math>``; ``names``: what to write for a name, where it is another word."""
    tree = ast.parse(equation.text, mode="eval").body
    return f"<mrow>{_node(tree, equation.text, names or {})}</mrow>"


def _node(node: ast.expr, text: str, names: Mapping[str, str]) -> str:
    match node:
        case ast.Name():
            return f"<mi>{escape(names.get(node.id, node.id))}</mi>"
        case ast.Constant():
            return f"<mn>{escape(ast.get_source_segment(text, node) or str(node.value))}</mn>"
        case ast.UnaryOp():
            return f"<mo>−</mo>{_within(node.operand, 2, text, names)}"
        case ast.BinOp(op=ast.Div()):
            return f"<mfrac>{_row(node.left, text, names)}{_row(node.right, text, names)}</mfrac>"
        case ast.BinOp():
            rank, right = RANKS[type(node.op)], RANKS[type(node.op)] + isinstance(node.op, ast.Sub)
            left = _within(node.left, rank, text, names)
            return f"{left}<mo>{SIGNS[type(node.op)]}</mo>{_within(node.right, right, text, names)}"
        case ast.Call(func=ast.Name(id="power"), args=[base, exponent]):
            return f"<msup>{_bracketed(base, text, names)}{_row(exponent, text, names)}</msup>"
        case ast.Call(func=ast.Name(id=function)):
            inner = "<mo>,</mo>".join(_node(each, text, names) for each in node.args)
            return f"<mi>{function}</mi><mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"
    raise AssertionError(node)  # pragma: no cover


def _row(node: ast.expr, text: str, names: Mapping[str, str]) -> str:
    """One child, as a fraction wants it."""
    inner = _node(node, text, names)
    return inner if isinstance(node, ast.Name | ast.Constant) else f"<mrow>{inner}</mrow>"


def _bracketed(node: ast.expr, text: str, names: Mapping[str, str]) -> str:
    inner = _node(node, text, names)
    return inner if isinstance(node, ast.Name) else f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"


def _within(node: ast.expr, rank: int, text: str, names: Mapping[str, str]) -> str:
    """With brackets where it binds less than what stands around it."""
    weak = isinstance(node, ast.UnaryOp) or (isinstance(node, ast.BinOp) and RANKS[type(node.op)] < rank)
    return f"<mrow><mo>(</mo>{_node(node, text, names)}<mo>)</mo></mrow>" if weak else _node(node, text, names)
