/** The part of RFC 6570 that resource templates use: `{name}` within a path segment, `{+name}` across them. */
export interface UriTemplate {
  readonly variables: readonly string[];
  /** The variables of a URI of this family, or undefined for any other URI. */
  match(uri: string): Record<string, string> | undefined;
}

export function parseUriTemplate(template: string): UriTemplate {
  const variables: string[] = [];
  const pattern = template
    .split(/(\{\+?[A-Za-z0-9_]+\})/)
    .map((part) => {
      const name = /^\{(\+?)([A-Za-z0-9_]+)\}$/.exec(part);
      if (name === null) return escapePattern(part);
      variables.push(name[2] ?? "");
      return name[1] === "+" ? "(.+)" : "([^/?#]+)";
    })
    .join("");
  const whole = new RegExp(`^${pattern}$`);
  return {
    variables,
    match(uri) {
      const found = whole.exec(uri);
      if (found === null) return undefined;
      return Object.fromEntries(
        variables.map((name, index) => [name, decode(found[index + 1] ?? "")]),
      );
    },
  };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
