import { isIP } from "node:net";
import { TrestleError } from "@trestle/protocol";
import { z } from "zod";
import { targetSchema, withoutContradiction } from "../health/config.ts";
import { AGENT_NAME } from "./wire.ts";

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** An agent's file: what it reads and checks on its host, and where it delivers that. */
export const agentSchema = z
  .strictObject({
    name: z
      .string()
      .regex(AGENT_NAME, "must be up to 32 of a-z, 0-9 and -")
      .describe("As its key was made for."),
    url: z.url({ protocol: /^https?$/ }).describe("Of the tracker."),
    key: z.string().regex(REFERENCE, `must be \${NAME}, a variable of the environment`),
    insecure: z
      .boolean()
      .default(false)
      .describe("Go without TLS through a network that is private."),
    transcripts: z.boolean().default(false).describe("Read what assistants of this user write."),
    sources: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[\w.-]{1,64}$/),
          kind: z.enum(["claude-code", "codex", "gemini", "chat", "log"]).default("log"),
          path: z.string().min(1),
        }),
      )
      .max(100)
      .default([]),
    targets: z.array(targetSchema).max(100).default([]).describe("Checked on this host."),
    spoolMb: z.int().min(1).max(100_000).default(256),
    redactFields: z.array(z.string().min(1)).default([]),
    redactPatterns: z.array(z.string().min(1)).default([]),
    polling: z.boolean().default(false),
  })
  .superRefine((agent, context) => withoutContradiction(agent.targets, context));

export type AgentConfig = z.output<typeof agentSchema>;

/** The agent's key, from the environment; throws `invalid_config` where it must not go or is not set. */
export function keyOf(
  { key, url, insecure }: Pick<AgentConfig, "key" | "url" | "insecure">,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { protocol, hostname } = new URL(url);
  if (protocol === "http:" && !isLoopback(hostname) && !insecure) {
    throw new TrestleError(
      "invalid_config",
      `The agent would send its key and all it reads to ${hostname} for everybody to read: give an https URL, or insecure: true where the network is private.`,
    );
  }
  const name = REFERENCE.exec(key)?.[1] ?? "";
  const found = environment[name];
  if (found) return found;
  throw new TrestleError(
    "invalid_config",
    `The variable ${name} is not set: it holds the agent's key.`,
  );
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return (
    address === "localhost" ||
    address === "::1" ||
    (isIP(address) === 4 && address.startsWith("127."))
  );
}
