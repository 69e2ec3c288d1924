import type { JsonValue } from "@trestle/protocol";

/** Reads the text form of a Postgres array, of any depth: `{1,NULL,"a \"b\""}`, `[0:1]={1,2}`. */
export function parseArray(text: string, toElement: (text: string) => JsonValue): JsonValue {
  const start = text.indexOf("{");
  if (start === -1) return text;
  let at = start + 1;

  function readList(): JsonValue[] {
    const list: JsonValue[] = [];
    for (;;) {
      const next = text[at];
      if (next === undefined) return list;
      at += 1;
      if (next === "}") return list;
      if (next === ",") continue;
      if (next === "{") list.push(readList());
      else if (next === '"') list.push(toElement(readQuoted()));
      else list.push(readBare());
    }
  }

  function readQuoted(): string {
    let value = "";
    for (let from = at; ; at += 1) {
      const next = text[at];
      if (next === "\\" || next === '"' || next === undefined) {
        value += text.slice(from, at);
        at += 1;
        if (next !== "\\") return value;
        from = at;
      }
    }
  }

  function readBare(): JsonValue {
    const from = at - 1;
    while (at < text.length && text[at] !== "," && text[at] !== "}") at += 1;
    const value = text.slice(from, at);
    return value === "NULL" ? null : toElement(value);
  }

  return readList();
}
