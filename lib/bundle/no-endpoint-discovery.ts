// Stands in for the SDK's endpoint discovery when a handler is bundled (docs/decisions/bundles.md says why). DynamoDB's
// requests never ask for it: the client only makes its cache.

/** Named as the SDK's clients import it. */
export function resolveEndpointDiscoveryConfig<Config>(config: Config): Config {
  return config
}

/** Named as the SDK's clients import it: how a switch would be read that nothing looks at. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: (): undefined => undefined,
  configFileSelector: (): undefined => undefined,
  default: undefined,
}
