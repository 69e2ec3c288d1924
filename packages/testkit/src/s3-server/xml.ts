/** Tags and what is in them; a list of pairs may repeat a tag. */
export type Xml = string | number | boolean | readonly (readonly [tag: string, content: Xml])[];

export function toXml(root: string, content: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`;
}

function element(tag: string, content: Xml): string {
  if (typeof content !== "object") return `<${tag}>${escapeXml(String(content))}</${tag}>`;
  return `<${tag}>${content.map(([name, each]) => element(name, each)).join("")}</${tag}>`;
}

function escapeXml(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a key may hold them
    /[&<>"'\u0000-\u001f]/g,
    (sign) => `&#x${sign.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" },
};

/** The texts of all elements of that name, wherever they are. */
export function textsOf(xml: string, tag: string): string[] {
  const found = xml.matchAll(new RegExp(`<${tag}(?: [^>]*)?>([\\s\\S]*?)</${tag}>`, "g"));
  return [...found].map(([, inner = ""]) => unescapeXml(inner));
}

/** The insides of all elements of that name, as they stand. */
export function insidesOf(xml: string, tag: string): string[] {
  const found = xml.matchAll(new RegExp(`<${tag}(?: [^>]*)?>([\\s\\S]*?)</${tag}>`, "g"));
  return [...found].map(([, inner = ""]) => inner);
}

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (name.startsWith("#x")) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    return ENTITIES[name] ?? whole;
  });
}
