"""check_pictures.py FOLDER VIEW... -- what holds for every picture of the dashboard: its rows, none wider than the screen, nothing that a terminal
would obey, frames of panes that nothing breaks and nothing outside of them, in ASCII no byte above 0x7f. Files of the folder are called
WHAT-WIDTHxHEIGHT-GLYPHS and hold the pictures of the views one after the other. Prints what is wrong and exits 1."""
import os
import sys
import unicodedata

FRAMED = 120  # columns from which panes have frames; below, a rule over each
ROUND = {False: "┌┐└┘─│", True: "++++-|"}
bad = []


def cells(line):
    """One entry per column; a wide character takes two, a combining one none."""
    out = []
    for c in line:
        if unicodedata.combining(c):
            continue
        out.append(c)
        if unicodedata.east_asian_width(c) in ("W", "F"):
            out.append("")
    return out


def harmful(c):
    return unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or unicodedata.bidirectional(c) in (
        "RLE", "RLO", "LRO", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")


def pane_ends(rows, x, y, g):
    """The right and lower end of the pane whose upper left corner is at x, y; None where its frame is broken."""
    top = rows[y]
    for right in range(x + 2, len(top)):
        if top[right] != g[1] or top[right - 1] not in (g[4], " "):
            continue
        down = y + 1
        while down < len(rows) and rows[down][x] == g[5] and rows[down][right] == g[5]:
            down += 1
        if down < len(rows) and rows[down][x] == g[2] and rows[down][right] == g[3] and all(
                c == g[4] for c in rows[down][x + 1:right]):
            return right, down
    return None


def check_frames(rows, g, say):
    """Row by row: a corner at the edge or beside a pane begins one, and what is in no pane stands in the rows of the head and of the foot."""
    inside = [[False] * len(r) for r in rows]
    first, last = len(rows), 0
    for y, row in enumerate(rows):
        for x in range(len(row) - 1):
            if row[x] != g[0] or row[x + 1] not in (g[4], " ") or inside[y][x] or x > 0 and not inside[y][x - 1]:
                continue
            ends = pane_ends(rows, x, y, g)
            if ends is None:
                say("row %d, column %d: the frame that begins here is broken" % (y, x))
                continue
            first, last = min(first, y), max(last, ends[1])
            for k in range(y, ends[1] + 1):
                inside[k][x:ends[0] + 1] = [True] * (ends[0] + 1 - x)
    if first > 4 or last < len(rows) - 3:
        say("panes only in the rows %d to %d" % (first, last))
    for y in range(first, last + 1):
        for x, c in enumerate(rows[y]):
            if not inside[y][x] and c not in (" ", ""):
                say("row %d, column %d: '%s' is in no pane" % (y, x, c))
                break


def check_view(where, name, lines, width, ascii_only):
    def say(text):
        bad.append("%s: %s" % (where, text))

    rows = [cells(l) for l in lines]
    for y, row in enumerate(rows):
        if len(row) > width:
            say("row %d: %d columns" % (y, len(row)))
        for c in lines[y]:
            if harmful(c):
                say("row %d: U+%04X reached the screen" % (y, ord(c)))
        row += [" "] * (width - len(row))
    g = ROUND[ascii_only]
    if width >= FRAMED and len(rows) >= 36:
        if name != "silence":  # a form lies over panes
            check_frames(rows, g, say)
    else:
        for y, row in enumerate(rows):
            if row[0] == g[4] and row[1] == " " and (row[-1] != g[4] or row[-2] != " " and row[-2] != g[4]):
                say("row %d: a rule that does not reach the edge" % y)


def check_file(folder, file, views):
    what, size, glyphs = file.split("-")
    width, height = (int(n) for n in size.split("x"))
    data = open(os.path.join(folder, file), "rb").read()
    lines = data.decode("utf-8").split("\n")[:-1]
    if len(lines) != height * len(views):
        bad.append("%s: %d rows, expected %d" % (file, len(lines), height * len(views)))
    for i, name in enumerate(views):
        check_view(file + " " + name, name, lines[i * height:(i + 1) * height], width, glyphs == "ascii")
    if glyphs == "ascii" and any(b >= 0x80 for b in data):
        bad.append(file + ": a byte over 0x7f")


def main():
    files = sorted(os.listdir(sys.argv[1]))
    if not files:
        bad.append("no pictures")
    for file in files:
        check_file(sys.argv[1], file, sys.argv[2:])
    print("\n".join(bad))
    sys.exit(1 if bad else 0)


main()
