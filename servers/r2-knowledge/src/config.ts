import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";

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
});

export type Config = z.output<typeof config>;
