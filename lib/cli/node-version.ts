/** The oldest major version of Node that runs the package, as `engines` in package.json says. */
const NODE_MIN = 24

/** Why this Node cannot run the command; undefined if it can. */
export function nodeFlaw(version: string): string | undefined {
  const major = Number(/^v?(\d+)/u.exec(version)?.[1])
  if (major >= NODE_MIN) return undefined
  return `leasehold needs Node ${NODE_MIN} or later, and this is ${version}. Install it, or run: npx --package=node@${NODE_MIN} --package=leasehold leasehold`
}
