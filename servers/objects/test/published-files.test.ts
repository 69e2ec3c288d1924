import { fileURLToPath } from "node:url";
import { describePublishedFiles } from "@trestle/testkit/published-files";
import { server } from "../src/index.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));

describePublishedFiles({ folder, server, id: "objects", program: "trestle-objects" });
