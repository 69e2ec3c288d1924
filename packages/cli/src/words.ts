import type { ConfigField } from "@trestle-mcp/server-kit";

/** The words of the server's settings, and the others. Flags may stand anywhere after the command. */
export function splitWords(
  words: readonly string[],
  fields: readonly ConfigField[],
): { settings: string[]; rest: string[] } {
  const settings: string[] = [];
  const rest: string[] = [];
  const all = [...words];
  for (let word = all.shift(); word !== undefined; word = all.shift()) {
    if (word === "--") return { settings, rest: [...rest, word, ...all] };
    const takes = valuesOf(word, fields);
    if (takes === undefined) rest.push(word);
    else settings.push(word, ...all.splice(0, takes));
  }
  return { settings, rest };
}

/** How many words follow a flag of the server; undefined for what is none. */
function valuesOf(word: string, fields: readonly ConfigField[]): 0 | 1 | undefined {
  if (word === "--verbose") return 0;
  const [flag, value] = word.split("=", 2);
  const field = fields.find((each) => each.flag === flag);
  const denied = fields.some((each) => `--no-${each.flag.slice(2)}` === flag);
  if (denied) return 0;
  if (field === undefined && flag !== "--env-file") return undefined;
  return value !== undefined || field?.schema.type === "boolean" ? 0 : 1;
}
