"""Agents written with unmodified client libraries, one program each, and a small OpenAI-shaped server to try them on.

A program reads `[case]` from standard input and prints `{case name: result}`; `world` says what
a case is and what it results in. The Node programs are in `e2e/node/clients`.
"""
