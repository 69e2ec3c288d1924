export interface ReadArgs {
  readonly args?: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}

/** Arguments as a person writes them: an object of JSON, or nothing at all. */
export function readArgs(text: string): ReadArgs {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'This is no JSON; write {"name": "value"}.' };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { problem: "Arguments are an object: { … }." };
  return { args: value as Record<string, unknown> };
}
