import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { LOGGED } from "./audit-log/entry.ts";

export const config = z.object({
  accountId: setting(
    z
      .string()
      .regex(/^[0-9a-f]{32}$/i, "must be the 32 hexadecimal digits of the Cloudflare account")
      .optional(),
    {
      env: "R2_ACCOUNT_ID",
      description:
        "Cloudflare account whose R2 holds the bucket; where left out and no endpoint is set, knowledge is kept in a folder",
    },
  ),
  accessKeyId: setting(z.string().min(1).optional(), {
    env: "R2_ACCESS_KEY_ID",
    description: "Id of the access key of the bucket",
    secret: true,
  }),
  secretAccessKey: setting(z.string().min(1).optional(), {
    env: "R2_SECRET_ACCESS_KEY",
    description: "Secret of the access key of the bucket",
    secret: true,
  }),
  bucket: setting(z.string().min(3).max(63).optional(), {
    env: "R2_AUDIT_BUCKET",
    description: "Name of the bucket",
  }),
  endpoint: setting(z.url({ protocol: /^https?$/ }).optional(), {
    env: "R2_ENDPOINT",
    description:
      "Address of the S3 service where it is not that of the account: another jurisdiction of R2, or any other S3",
  }),
  region: setting(z.string().min(1).default("auto"), {
    env: "R2_REGION",
    description: "Region of the bucket; R2 knows only auto",
  }),
  dataDir: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_DATA_DIR",
    description:
      "Folder of the knowledge where there is no bucket, made at first use; by default `knowledge` in the server's data folder",
  }),
  redactFields: setting(z.array(z.string().min(1)).default([]), {
    env: "KNOWLEDGE_REDACT_FIELDS",
    description:
      "Further names of metadata whose values are taken out before anything is stored; passwords, tokens and keys always are",
  }),
  refreshMs: setting(z.int().min(0).max(3_600_000).default(1_000), {
    env: "KNOWLEDGE_REFRESH_MS",
    description:
      "Milliseconds for which a search may miss what other processes stored; each look costs a list request",
  }),
  seal: setting(z.boolean().default(false), {
    env: "KNOWLEDGE_SEAL",
    description:
      "Seal every object (AES-256-GCM), so that who may read the bucket can not read the knowledge; for a new bucket or folder only",
  }),
  encryptionKey: setting(z.string().min(1).optional(), {
    env: "MCP_ENCRYPTION_KEY",
    description:
      "Key that seals: 32 bytes as base64 or hex, or a passphrase; several with commas, of which the first seals. By default one is made in the server's data folder",
    secret: true,
  }),
  auditLog: setting(z.enum(LOGGED).default("changes"), {
    env: "KNOWLEDGE_AUDIT_LOG",
    description:
      "What the log in the bucket keeps of who did what: changes and refusals (changes), searches and reads too (all), or nothing (off)",
  }),
  backupDir: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_BACKUP_DIR",
    description: "Folder of the backups; by default `backups` in the server's data folder",
  }),
  backupBucket: setting(z.string().min(3).max(63).optional(), {
    env: "KNOWLEDGE_BACKUP_BUCKET",
    description: "Another bucket of the same account and key, for backups instead of a folder",
  }),
  syncDir: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_SYNC_DIR",
    description: "Folder that sync_knowledge keeps equal with this knowledge",
  }),
  syncBucket: setting(z.string().min(3).max(63).optional(), {
    env: "KNOWLEDGE_SYNC_BUCKET",
    description: "Bucket that sync_knowledge keeps equal with this knowledge",
  }),
  syncEndpoint: setting(z.url({ protocol: /^https?$/ }).optional(), {
    env: "KNOWLEDGE_SYNC_ENDPOINT",
    description: "Address of the S3 service of that bucket; by default the one of this knowledge",
  }),
  syncAccessKeyId: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_SYNC_ACCESS_KEY_ID",
    description: "Id of the access key of that bucket; by default the one of this knowledge",
    secret: true,
  }),
  syncSecretAccessKey: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_SYNC_SECRET_ACCESS_KEY",
    description: "Secret of that access key",
    secret: true,
  }),
  checkCommand: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_CHECK_COMMAND",
    description:
      "Command that validate_fix runs, such as `npm test`: no shell, and nothing of it comes from callers. Without one there is no validate_fix",
  }),
  checkDir: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_CHECK_DIR",
    description: "Folder that is copied for the check command to run in; it is never changed",
  }),
  checkTimeoutMs: setting(z.int().min(1).max(3_600_000).default(300_000), {
    env: "KNOWLEDGE_CHECK_TIMEOUT_MS",
    description: "Milliseconds after which a check is ended",
  }),
  checkMemoryMb: setting(z.int().min(16).max(1_000_000).default(2_048), {
    env: "KNOWLEDGE_CHECK_MEMORY_MB",
    description: "Megabytes that all processes of a check may hold together (Linux)",
  }),
  docsTool: setting(
    z
      .string()
      .regex(/^[a-z0-9-]+\.[A-Za-z0-9_.-]+$/, "must be SERVER.TOOL, as in docs.search")
      .refine((text) => !text.endsWith(".diagnose_error"), "must not be what asks it")
      .optional(),
    {
      env: "KNOWLEDGE_DOCS_TOOL",
      description:
        "Tool of another server that diagnose_error asks for documentation, as SERVER.TOOL: of the bridge that this server is mounted in, or of the one at MCP_BRIDGE_URL",
    },
  ),
  docsArguments: setting(
    z.string().refine(isObjectText, "must be a JSON object").default('{"query":"{error}"}'),
    {
      env: "KNOWLEDGE_DOCS_ARGUMENTS",
      description:
        "Its arguments as JSON; {error}, {name}, {message} and {context} in texts stand for what is diagnosed",
    },
  ),
  docsTimeoutMs: setting(z.int().min(100).max(60_000).default(10_000), {
    env: "KNOWLEDGE_DOCS_TIMEOUT_MS",
    description: "Milliseconds that a diagnosis waits for documentation",
  }),
  sharedObjects: setting(
    z
      .string()
      .regex(/^[a-z0-9-]+$/, "must be the id of a server, as in objects")
      .optional(),
    {
      env: "KNOWLEDGE_SHARED_OBJECTS",
      description:
        "Server of objects in which diagnoses that several edit at once are shared, such as objects: of the bridge that this server is mounted in, or of the one at MCP_BRIDGE_URL. Whoever may use that server sees them",
    },
  ),
  events: setting(z.boolean().default(false), {
    env: "KNOWLEDGE_EVENTS",
    description:
      "Follow every change, whoever makes it, and tell the host; each look costs a list and a read request",
  }),
  eventsMs: setting(z.int().min(100).max(3_600_000).default(2_000), {
    env: "KNOWLEDGE_EVENTS_MS",
    description: "Milliseconds between two looks for what other processes changed",
  }),
  eventsKeepDays: setting(z.int().min(1).max(3_650).default(7), {
    env: "KNOWLEDGE_EVENTS_KEEP_DAYS",
    description: "Days for which events are kept, for whoever comes back",
  }),
  eventsListen: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_EVENTS_LISTEN",
    description: "Address where events are told over WebSockets, such as 127.0.0.1:4121",
  }),
  eventsKey: setting(z.string().min(16).optional(), {
    env: "KNOWLEDGE_EVENTS_KEY",
    description:
      "Key that listeners give as X-API-Key or Authorization: Bearer; needed where others than this machine reach the address",
    secret: true,
  }),
  webhooksFile: setting(z.string().min(1).optional(), {
    env: "KNOWLEDGE_WEBHOOKS_FILE",
    description: "File of the webhooks that are told what happens, as JSON",
  }),
});

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export type Config = z.output<typeof config>;
