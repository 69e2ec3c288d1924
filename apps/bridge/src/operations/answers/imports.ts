import * as z from "zod";
import { HOSTS } from "../../config/import/hosts.ts";
import { shape } from "./shape.ts";

export const hostId = z.enum(HOSTS.map(({ id }) => id));

const hostServer = shape("HostServer", {
  name: z.string().describe("As the host calls it."),
  file: z.string(),
  scope: z.enum(["user", "project"]).describe("A file of the project is shared with others."),
  state: z
    .enum(["new", "known", "left", "own"])
    .describe("known: is served already; left: cannot be taken over; own: is a bridge itself."),
  id: z.string().optional().describe("What it is called at the bridge, or would be."),
  notes: z.array(z.string()).describe("What is otherwise then, or why it stays where it is."),
  command: z.string().optional(),
  args: z.array(z.string()).optional().describe("Secrets are masked."),
  url: z.string().optional().describe("Masked as a whole where it holds a secret."),
  given: z.array(z.string()).describe("Variables and headers that it is given, by name."),
});

const host = shape("HostServers", {
  host: hostId,
  title: z.string(),
  files: z.array(z.string()).describe("Those that are there."),
  looked: z.array(z.string()).describe("Where they would be."),
  servers: z.array(hostServer),
  problems: z.array(z.string()).describe("Files that cannot be read, and why."),
});

export const hostsAnswer = shape("Hosts", {
  file: z.string().describe("The bridge's own configuration."),
  hosts: z.array(host),
});

const outcome = shape("Imported", {
  host: hostId,
  file: z.string(),
  name: z.string(),
  outcome: z.enum(["added", "known", "left", "own"]),
  id: z.string().optional(),
  notes: z.array(z.string()),
});

export const importAnswer = shape("Import", {
  dry_run: z.boolean(),
  file: z.string(),
  backup: z.string().optional(),
  in_effect: z.boolean().optional(),
  warnings: z.array(z.string()),
  servers: z.array(outcome),
  changes: z
    .array(shape("FileDifference", { file: z.string(), lines: z.array(z.string()) }))
    .describe("What is otherwise in each file; secrets are masked."),
  plain_secrets: z
    .array(shape("PlainSecret", { server: z.string(), key: z.string(), variable: z.string() }))
    .describe("Secrets that stand in the configuration as they are, and a variable for each."),
  written: z.array(shape("WrittenFile", { file: z.string(), backup: z.string().optional() })),
  connected: z
    .array(shape("ConnectedHost", { host: hostId, file: z.string(), restart: z.string() }))
    .describe("Hosts that have the bridge in the place of these servers."),
});
