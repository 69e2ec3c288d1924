import { startS3Server } from "@trestle/testkit/s3-server";
import { describeObjectStore } from "../_describe-object-store.ts";
import { refuses } from "./_faulty-bucket.ts";
import { openS3Store } from "./open-s3-store.ts";

async function start(options: Parameters<typeof startS3Server>[0] = {}) {
  const server = await startS3Server(options);
  const { endpoint, credentials } = server;
  return {
    open: async () => openS3Store({ endpoint, credentials, bucket: "knowledge" }),
    close: () => server.close(),
  };
}

describeObjectStore(
  "A bucket of R2 that limits writes",
  () => start({ writesPerSecondAndKey: 20 }),
  {
    etagOfBytes: true,
    writesPerSecondAndKey: 20,
    refuses,
  },
);

describeObjectStore("A bucket of Amazon's own", () => start({ dialect: "aws" }), {
  etagOfBytes: true,
  refuses,
});
