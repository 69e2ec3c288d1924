import { runEndings } from "@trestle/testkit/run";
import { afterAll, afterEach } from "vitest";

afterEach(() => runEndings("test"));
afterAll(() => runEndings("file"));
