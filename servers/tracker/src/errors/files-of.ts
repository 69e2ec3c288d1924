import type { JsonObject } from "@trestle/protocol";

const MOST_FILES = 10;
const MOST_TEXT = 8_000;
const NAMED_BY = ["file_path", "path", "notebook_path", "filePath", "absolute_path"];
/** A path with a folder and an ending, of the program itself. */
const PATHS = /(?<![\w:/.@-])(?:\.{0,2}\/)?(?:[\w@.+-]+\/)+[\w@.+-]+\.[a-z]\w{0,7}\b/gi;
const OF_OTHERS = /node_modules|site-packages|\/usr\/|rustc\/|^node:/;

/** Files that a call or its error names, in the order they are named, at most ten. */
export function filesOf(text: string, input?: JsonObject): string[] {
  const files = new Set<string>();
  for (const name of NAMED_BY) {
    const path = input?.[name];
    if (typeof path === "string" && path !== "") files.add(path);
  }
  for (const [path] of text.slice(0, MOST_TEXT).matchAll(PATHS)) {
    if (files.size >= MOST_FILES) break;
    if (!OF_OTHERS.test(path)) files.add(path);
  }
  return [...files];
}
