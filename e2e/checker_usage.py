"""Which token counters a client must receive for Google's, worked out a second time."""

from __future__ import annotations

# Some clients ask for enums as numbers (`$alt=json;enum-encoding=int`). Both of Google's APIs agree on these.
MODALITY_NUMBERS = {1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO", 5: "DOCUMENT"}


def merge_usage(seen: dict | None, new: dict | None) -> dict | None:
    """Cumulative counters: the largest seen of each field, since fields come and go between chunks."""
    if new is None:
        return seen
    merged = dict(seen or {})
    for key, value in new.items():
        if isinstance(value, int) and not isinstance(value, bool):
            merged[key] = max(value, merged.get(key) or 0)
        elif key.endswith("Details"):
            before, now = modality_counts(merged.get(key)), modality_counts(value)
            largest = {name: max(before.get(name, 0), now.get(name, 0)) for name in before | now}
            merged[key] = [{"modality": name, "tokenCount": count} for name, count in largest.items()]
        elif value is not None:
            merged[key] = value
    return merged


def usage(meta: dict) -> dict:
    """OpenAI's counters from Google's: thoughts count as completion, tool prompts as prompt."""
    get = lambda key: meta.get(key) or 0  # noqa: E731
    prompt = get("promptTokenCount") + get("toolUsePromptTokenCount")
    completion = get("candidatesTokenCount")
    total = get("totalTokenCount")
    if prompt + completion != total:
        completion += get("thoughtsTokenCount")
    if total >= prompt and total:
        completion = total - prompt
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cached_tokens": get("cachedContentTokenCount"),
        "reasoning_tokens": get("thoughtsTokenCount"),
    }


def modality_counts(details: list | None) -> dict:
    """{TEXT: 3, AUDIO: 5} of a promptTokensDetails list; documents count as text."""
    counts: dict[str, int] = {}
    for entry in details or []:
        name = MODALITY_NUMBERS.get(entry.get("modality"), entry.get("modality"))
        name = "TEXT" if name == "DOCUMENT" else name
        counts[name] = counts.get(name, 0) + (entry.get("tokenCount") or 0)
    return counts


def compare_usage(meta: dict | None, got: dict | None) -> list[str]:
    """Differences between Google's usageMetadata and an OpenAI usage object."""
    if meta is None:
        nothing = not got or not any(got.get(k) for k in ("prompt_tokens", "completion_tokens", "total_tokens"))
        return [] if nothing else [f"usage invented: {got}"]
    if not got:
        return ["usage missing"]
    want = usage(meta)
    prompt = got.get("prompt_tokens_details") or {}
    completion = got.get("completion_tokens_details") or {}
    have = {
        **{k: got.get(k) for k in ("prompt_tokens", "completion_tokens", "total_tokens")},
        "cached_tokens": prompt.get("cached_tokens", 0),
        "reasoning_tokens": completion.get("reasoning_tokens", 0),
    }
    problems = [f"usage.{k}: got {have[k]!r}, expected {want[k]!r}" for k in want if have[k] != want[k]]
    for name, key in (("TEXT", "text_tokens"), ("AUDIO", "audio_tokens"), ("IMAGE", "image_tokens")):
        count = modality_counts(meta.get("promptTokensDetails")).get(name)
        if count is not None and prompt.get(key) != count:
            problems.append(f"usage.prompt_tokens_details.{key}: got {prompt.get(key)!r}, expected {count}")
    audio = modality_counts(meta.get("candidatesTokensDetails")).get("AUDIO")
    if audio is not None and completion.get("audio_tokens") != audio:
        problems.append(f"usage.completion_tokens_details.audio_tokens: got {completion.get('audio_tokens')!r}")
    return problems
