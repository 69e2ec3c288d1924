import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";

/** What the configuration says of tools and of how they are shown. */

const jsonObject = z.record(z.string(), z.json() as z.ZodType<JsonValue>) as z.ZodType<JsonObject>;

/** `tools` of an entry. */
export const serverTools = z.strictObject({
  allow: z.array(z.string()).optional().describe("Only tools that fit one of these patterns."),
  deny: z.array(z.string()).optional().describe("No tool that fits one of these patterns."),
  rename: z
    .record(z.string(), z.string().regex(/^[A-Za-z0-9_-]+$/, "must be of [A-Za-z0-9_-]"))
    .optional()
    .describe("The server's name of a tool, and what clients see behind the server id."),
  arguments: z
    .record(
      z.string(),
      z.strictObject({
        force: jsonObject.optional().describe("Values that every call has."),
        default: jsonObject.optional().describe("Values of calls that give none."),
      }),
    )
    .optional()
    .describe("By tool or pattern: arguments that clients do not see."),
});

const mode = z.enum(["full", "search", "auto"]);

const profile = z.strictObject({
  clients: z
    .array(z.string())
    .optional()
    .describe("Patterns of the names clients give themselves."),
  principals: z.array(z.string()).optional().describe("Patterns of principals: `key:…`, `local`."),
  tools: z.array(z.string()).optional().describe("Patterns of exposed names, or of SERVER.TOOL."),
  mode: mode.optional().describe("In the place of `catalog.mode`."),
});

export type Profile = z.infer<typeof profile>;

const pinMode = z.enum(["off", "warn", "block", "quarantine"]);

/** `pins` of an entry. */
export const serverPins = pinMode.optional().describe("In the place of `catalog.pins`.");

/** Keys of `catalog` that say which definitions are trusted. */
export const catalogPins = {
  pins: pinMode
    .default("warn")
    .describe("What becomes of a definition that is not the one that was approved."),
  scan: z
    .enum(["off", "warn", "block"])
    .default("warn")
    .describe("What becomes of definitions that look like hidden instructions."),
};

/** Keys of `catalog` that say what of it a client is shown. */
export const catalogModes = {
  mode: mode
    .default("full")
    .describe(
      "`search` lists only what finds, describes and calls tools; `auto` does where that saves tokens.",
    ),
  auto: z
    .strictObject({
      aboveTokens: z
        .int()
        .min(0)
        .default(10_000)
        .describe("A list of at most so many tokens is always listed whole."),
      fullFor: z
        .array(z.string())
        .default(["claude-code"])
        .describe("Clients that search among tools themselves: they get the whole list."),
    })
    .prefault({}),
  profiles: z
    .record(z.string(), profile)
    .default({})
    .describe("Which tools a client or a key is shown; the first that fits counts."),
};

/** What lists nothing but the bridge's own tools needs them. */
export function refuseSearchWithoutOwn(
  {
    mode,
    profiles,
    tools,
  }: z.output<z.ZodObject<typeof catalogModes>> & { tools: { own: string } },
  context: z.RefinementCtx,
): void {
  if (tools.own !== "off") return;
  const modes = [
    { path: ["mode"], mode },
    ...Object.entries(profiles).map(([name, each]) => ({
      path: ["profiles", name, "mode"],
      mode: each.mode,
    })),
  ];
  for (const each of modes) {
    if (each.mode === undefined || each.mode === "full") continue;
    context.addIssue({
      code: "custom",
      path: each.path,
      message: `"${each.mode}" needs the bridge's own tools: set catalog.tools.own to "hidden"`,
    });
  }
}
