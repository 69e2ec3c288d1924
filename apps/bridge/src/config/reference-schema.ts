import * as z from "zod";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: it shows what people write.
/** A text of the file that may stand for something else. */
export const reference = z
  .union([z.string(), z.strictObject({ command: z.array(z.string()).min(1) })])
  .describe(
    "May hold ${VAR}, ${VAR:-default}, ${env:VAR}, ${file:PATH}, ${command:PROGRAM ARGUMENTS}; or the command as a list.",
  );
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
