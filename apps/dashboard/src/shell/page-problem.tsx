import { Button } from "../ui/button.tsx";
import { Empty, Problem } from "../ui/states.tsx";

/** Files of a page that are gone: the bridge was updated since this one was loaded. */
const GONE = /dynamically imported module|module script failed|Importing a module/i;

/** A page broke; the rest of the shell stands. */
export function PageProblem({
  error,
  reset,
}: {
  readonly error: unknown;
  readonly reset: () => void;
}) {
  if (!GONE.test(String(error))) return <Problem error={error} retry={reset} />;
  return (
    <Empty
      icon="restart"
      title="This page has changed"
      action={<Button onClick={() => location.reload()}>Load it anew</Button>}
    >
      The bridge was updated while you had it open.
    </Empty>
  );
}
