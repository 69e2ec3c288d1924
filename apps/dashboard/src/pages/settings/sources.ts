import type { ConfigKey } from "../../api/generated.ts";
import type { Tone } from "../../ui/badge.tsx";

/** Who said so, by colour: what is left to its default is quiet. */
export const SOURCES: Readonly<Record<ConfigKey["source"], Tone>> = {
  default: "quiet",
  file: "accent",
  environment: "info",
  "command line": "info",
};
