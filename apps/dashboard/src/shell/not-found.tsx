import { Link } from "../ui/link.tsx";
import { Empty } from "../ui/states.tsx";

export function NotFound() {
  return (
    <Empty
      icon="search"
      title="There is no such page"
      action={<Link to="/">Go to the overview</Link>}
    >
      The address may be of another version of the bridge.
    </Empty>
  );
}
