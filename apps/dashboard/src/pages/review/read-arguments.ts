export type ReadArguments =
  | { readonly value: Record<string, unknown> }
  | { readonly problem: string };

/** The arguments of a call as a person wrote them: an object in JSON, or what is wrong with it. */
export function readArguments(text: string): ReadArguments {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown> };
    return { problem: "Arguments are an object: { … }." };
  } catch (error) {
    return {
      problem: `This is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
