/** Where a frame stands, without what changes from one run to the next: folders, lines, columns, hashes. */
const FRAME =
  /^\s*at\s+(?:(?<jsName>.+?)\s+\()?(?<jsFile>[^()]+?):\d+(?::\d+)?\)?\s*$|^\s*File "(?<pyFile>[^"]+)", line \d+, in (?<pyName>\S+)|^\s*at\s+(?<javaName>[\w$.<>]+)\((?<javaFile>[\w$.]+)(?::\d+)?\)/;

/** Longer traces repeat themselves. */
const MOST_FRAMES = 64;
const MOST_LINE = 500;

/** The frames of a stack trace of JavaScript, Python or Java: `file:function`, the innermost as it stands in the text. */
export function framesOf(stack: string): string[] {
  const frames: string[] = [];
  for (const line of stack.slice(0, 64_000).split("\n")) {
    const groups = line.length > MOST_LINE ? undefined : FRAME.exec(line)?.groups;
    if (groups === undefined) continue;
    const file = groups.javaFile ?? groups.jsFile ?? groups.pyFile ?? "";
    const name = groups.javaName ?? groups.jsName ?? groups.pyName ?? "";
    frames.push(`${baseOf(file)}:${name.replace(/^(?:async|new|Object\.)\s*/, "")}`);
    if (frames.length === MOST_FRAMES) break;
  }
  return frames;
}

/**
 * How alike two stacks are, 0 to 1: the share of common frames, where those nearer to the error weigh more.
 * Undefined where either has no frames that can be read.
 */
export function stackSimilarity(first: string, second: string): number | undefined {
  const [ours, theirs] = [weighed(framesOf(first)), weighed(framesOf(second))];
  if (ours.size === 0 || theirs.size === 0) return undefined;
  let common = 0;
  let all = 0;
  for (const frame of new Set([...ours.keys(), ...theirs.keys()])) {
    const [one, other] = [ours.get(frame) ?? 0, theirs.get(frame) ?? 0];
    common += Math.min(one, other);
    all += Math.max(one, other);
  }
  return common / all;
}

/** A frame that is there several times counts where it weighs most. */
function weighed(frames: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  frames.forEach((frame, depth) => {
    if (!weights.has(frame)) weights.set(frame, 1 / (1 + depth / 4));
  });
  return weights;
}

function baseOf(file: string): string {
  const name = file.split(/[\\/]/).at(-1) ?? file;
  return name.replace(/[?#].*$/, "").replace(/[.-][0-9a-f]{8,}(?=\.)/i, "");
}
