"""Compares the responses behind a front with the responses of a server, and prints the result."""

import copy
import json


class Table:
    """A table of requests by fronts. Each cell is `same`, `known` or `DIFFERENT`."""

    def __init__(self, known, added):
        """Takes the known differences, and the names of headers that hosts add to requests and to responses."""
        self.known, self.added = known, added
        self.cells, self.faults, self.found = {}, [], {}

    def compare(self, front, app, request, from_server, from_front):
        """Records how the observation behind a front differs from the observation of a server."""
        from_server, from_front = (
            remove_varying_headers(observation, request, self.added) for observation in (from_server, from_front)
        )
        expected, applied = copy.deepcopy(from_server), []
        for known in self.known:
            before = copy.deepcopy(expected)
            known.apply(front, request, expected)
            if before != expected:
                applied.append(known)
        found = list(differences(expected, from_front))
        keys = ", ".join(known.key for known in applied)
        if found:
            self.faults.append((front, app, request, keys, found))
        else:
            self.found.setdefault(front, set()).update(applied)
        self.cells[app, str(request), front] = "DIFFERENT" if found else f"known: {keys}" if applied else "same"

    def report(self):
        """Prints the table. Returns whether no cell is `DIFFERENT`."""
        fronts = list(dict.fromkeys(front for _, _, front in self.cells))
        self._print_cells(fronts)
        self._print_known(fronts)
        for front, app, request, keys, found in self.faults:
            print(f"\nDIFFERENT: {front}, {app}: {request}" + (f", besides the known differences {keys}" if keys else ""))
            for name, expected, actual in found:
                print(f"  {name}")
                print_pair(expected, actual, indent=4)
        cells = list(self.cells.values())
        print(f"\n{len(cells)} responses: {cells.count('same')} same,"
              f" {sum(cell.startswith('known') for cell in cells)} known, {len(self.faults)} DIFFERENT")
        return not self.faults

    def _print_cells(self, fronts):
        rows = list(dict.fromkeys((app, request) for app, request, _ in self.cells))
        lines = [["", *fronts]]
        lines += [
            [f"{app}: {request}", *(self.cells.get((app, request, front), "") for front in fronts)]
            for app, request in rows
        ]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

    def _print_known(self, fronts):
        print("\nknown differences, with the rules of tests/README.md and the fronts that have them:")
        for known in self.known:
            applicable = [front for front in fronts if known.applies_to(front)]
            found = [front for front in applicable if known in self.found.get(front, ())]
            if applicable:
                where = "all" if found == fronts else ", ".join(found) or "NOT FOUND"
                print(f"  {known.key:10} {known.rule:11} {known.reason} ({where})")


def remove_varying_headers(observation, request, added):
    """Returns the observation without headers that belong to one connection, one moment or one host."""
    observation = copy.deepcopy(observation)
    if "request" in observation:
        sent = {name.lower() for name, _ in request.headers}
        remove(observation["request"]["headers"], {"connection", "transfer-encoding", *added["request"]} - sent)
    remove(observation["headers"], {"connection", "transfer-encoding", "date", "server", *added["response"]})
    return observation


def remove(headers, names):
    for name in names:
        headers.pop(name, None)


def differences(expected, actual, name=""):
    """Yields the name and both values of each difference."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            yield from differences(expected.get(key), actual.get(key), f"{name} {key}")
    elif expected != actual:
        yield name.strip(), expected, actual


class Checks:
    """A list of single expectations."""

    def __init__(self):
        self.all = []

    def check(self, part, name, expected, actual):
        """Records whether two values are equal."""
        self.all.append((part, name, None if expected == actual else (expected, actual)))

    def report(self):
        """Prints the checks. Returns whether all values were as expected."""
        print()
        width = max((len(part) for part, _, _ in self.all), default=0)
        for part, name, fault in self.all:
            print(f"{part.ljust(width)}  {'DIFFERENT' if fault else 'as expected'}: {name}")
            if fault:
                print_pair(*fault, indent=2)
        faults = sum(fault is not None for _, _, fault in self.all)
        print(f"\n{len(self.all)} checks: {faults} DIFFERENT")
        return not faults


def print_pair(expected, actual, indent):
    print(f"{' ' * indent}expected {shorten(expected)}\n{' ' * indent}but was  {shorten(actual)}")


def shorten(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"
