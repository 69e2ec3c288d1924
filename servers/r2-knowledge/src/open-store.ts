import { join } from "node:path";
import { type Clock, messageOf, TrestleError } from "@trestle/protocol";
import type { Config } from "./config.ts";
import { openFolderStore } from "./object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "./object-store/object-store.ts";
import type { S3Options } from "./object-store/s3/settings.ts";

/** Where the configuration says that knowledge is kept. */
export type Place =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "bucket"; readonly variables: Readonly<Record<string, string>> };

/** A bucket where anything of one is set: half a configuration is an error, never a folder instead. */
export function placeOf(config: Config, dataDir: string): Place {
  const { accountId, accessKeyId, secretAccessKey, bucket, endpoint, region } = config;
  const variables = Object.entries({
    R2_ACCOUNT_ID: accountId,
    R2_ACCESS_KEY_ID: accessKeyId,
    R2_SECRET_ACCESS_KEY: secretAccessKey,
    R2_AUDIT_BUCKET: bucket,
    R2_ENDPOINT: endpoint,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  if (variables.length === 0)
    return { kind: "folder", path: config.dataDir ?? join(dataDir, "knowledge") };
  return { kind: "bucket", variables: { ...Object.fromEntries(variables), R2_REGION: region } };
}

/** Opens it. Nothing is asked of a bucket yet; a folder is made where it is missing. */
export async function openStore(place: Place, clock: Clock): Promise<ObjectStore> {
  if (place.kind === "folder") return openFolderStore({ path: place.path, clock });
  const { fromR2Settings } = await import("./object-store/s3/settings.ts");
  try {
    return await openBucketStore({ ...fromR2Settings(place.variables), clock });
  } catch (error) {
    throw new TrestleError("invalid_config", messageOf(error), { cause: error });
  }
}

/** Opens a bucket of R2 or of any other S3. Throws where the endpoint is no address of one. */
export async function openBucketStore(options: S3Options): Promise<ObjectStore> {
  // The AWS client is large, and a folder needs none of it.
  const { openS3Store } = await import("./object-store/s3/open-s3-store.ts");
  return openS3Store(options);
}
