/** Lines that go, come and stay, as a person reads them: `-`, `+` and a blank, with a little around them. */

const CONTEXT = 2;
/** Beyond so many pairs of lines, what differs is shown as one piece. */
const MAX_PAIRS = 1_000_000;

interface Line {
  readonly mark: "-" | "+" | " ";
  readonly text: string;
}

export function lineDiff(before: string, after: string): string[] {
  const old = before === "" ? [] : before.replace(/\r?\n$/, "").split(/\r?\n/);
  const next = after.replace(/\r?\n$/, "").split(/\r?\n/);
  let head = 0;
  while (head < Math.min(old.length, next.length) && old[head] === next[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, next.length) - head;
  while (tail < most && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  const lines = [
    ...kept(old.slice(0, head)),
    ...between(old.slice(head, old.length - tail), next.slice(head, next.length - tail)),
    ...kept(tail === 0 ? [] : old.slice(-tail)),
  ];
  return withContext(lines);
}

function kept(lines: readonly string[]): Line[] {
  return lines.map((text) => ({ mark: " ", text }));
}

/** By the longest run of lines that both have. */
function between(old: readonly string[], next: readonly string[]): Line[] {
  if (old.length * next.length > MAX_PAIRS) {
    return [
      ...old.map((text) => ({ mark: "-" as const, text })),
      ...next.map((text) => ({ mark: "+" as const, text })),
    ];
  }
  const width = next.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = next.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === next[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < next.length) {
    if (row < old.length && column < next.length && old[row] === next[column]) {
      lines.push({ mark: " ", text: old[row] ?? "" });
      row += 1;
      column += 1;
    } else if (
      column >= next.length ||
      (row < old.length && at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push({ mark: "-", text: old[row] ?? "" });
      row += 1;
    } else {
      lines.push({ mark: "+", text: next[column] ?? "" });
      column += 1;
    }
  }
  return lines;
}

function withContext(lines: readonly Line[]): string[] {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== " "),
  );
  return lines.flatMap(({ mark, text }, index) => {
    if (isNear[index]) return [`${mark} ${text}`.trimEnd()];
    return isNear[index - 1] ? ["  ⋮"] : [];
  });
}
