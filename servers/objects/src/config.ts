import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";

export const config = z.object({
  dataDir: setting(z.string().min(1).optional(), {
    env: "OBJECTS_DATA_DIR",
    description:
      "Folder of the objects, made at first use; by default in the server's data folder. Any number of processes share it",
  }),
  classes: setting(z.array(z.string().min(1)).default([]), {
    env: "OBJECTS_CLASSES",
    description:
      "Modules of your own object classes, as absolute paths; each exports a list `classes`. Their code runs in the server",
  }),
  url: setting(z.url({ protocol: /^https?$/ }).optional(), {
    env: "OBJECTS_URL",
    description:
      "Use the objects of this host instead of a folder: a worker on Cloudflare, or another local host",
  }),
  token: setting(z.string().min(1).optional(), {
    env: "OBJECTS_TOKEN",
    description: "Token for that host; without it one is made of OBJECTS_TOKEN_SECRET",
    secret: true,
  }),
  tokenSecret: setting(z.string().min(32).optional(), {
    env: "OBJECTS_TOKEN_SECRET",
    description:
      "Secret by which the host signs and believes tokens, 32 bytes or more; by default a local host makes its own",
    secret: true,
  }),
  tokenPublicKey: setting(z.string().min(1).optional(), {
    env: "OBJECTS_TOKEN_PUBLIC_KEY",
    description: "Believe tokens that are signed with the Ed25519 key of this public key, as PEM",
  }),
  tokenIssuer: setting(z.string().min(1).optional(), {
    env: "OBJECTS_TOKEN_ISSUER",
    description: "Believe only tokens of this issuer",
  }),
  tokenAudience: setting(z.string().min(1).optional(), {
    env: "OBJECTS_TOKEN_AUDIENCE",
    description: "Believe only tokens for this audience",
  }),
  copiesUrl: setting(z.url({ protocol: /^postgres(ql)?$/ }).optional(), {
    env: "OBJECTS_COPIES_URL",
    description:
      "For the commands copies: the Postgres that copies of objects are kept in; by default a file in the data folder",
    secret: true,
  }),
  cloudflareApiToken: setting(z.string().min(1).optional(), {
    env: "CLOUDFLARE_API_TOKEN",
    description: "For the commands deploy and doctor: an API token that may edit Workers",
    secret: true,
  }),
  cloudflareAccountId: setting(z.string().min(1).optional(), {
    env: "CLOUDFLARE_ACCOUNT_ID",
    description: "For the commands deploy and doctor: the account that the worker belongs to",
  }),
});

export type Config = Readonly<z.output<typeof config>>;
