import type { ExtractorKind } from "./extractor.ts";

/** Tokens of responses, as they were told. */
export const usage: ExtractorKind = {
  name: "usage",
  open: () => ({
    take({ parts }, add) {
      for (const part of parts) {
        if (part.kind !== "usage") continue;
        const { kind: _, cacheWriteHourTokens = 0, ...tokens } = part;
        add("usage", { ...tokens, cacheWriteHourTokens });
      }
    },
    memory: () => "",
  }),
};
