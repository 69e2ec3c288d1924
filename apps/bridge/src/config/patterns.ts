import { matchesGlob } from "@trestle/protocol";

/** What is said of a tool: by its own name, else by the longest pattern that fits. */
export function mostTelling<Value>(
  patterns: Readonly<Record<string, Value>>,
  tool: string,
): Value | undefined {
  if (Object.hasOwn(patterns, tool)) return patterns[tool];
  const [best] = Object.keys(patterns)
    .filter((pattern) => matchesGlob(pattern, tool))
    .toSorted((a, b) => b.length - a.length);
  return best === undefined ? undefined : patterns[best];
}
