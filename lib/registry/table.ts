/**
 * The table's shape, said once: the CDK stack and the local stack both make it from this. Key schema and projection
 * of an index cannot be changed later. Attribute names are short, since every write pays for their bytes.
 */
export const TABLE = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
  ttlAttribute: 'x',
  stream: 'NEW_AND_OLD_IMAGES',
  indexes: [
    /** Sparse: only rows that some future moment must look at. */
    {
      name: 'due',
      partitionKey: { name: 'd', type: 'S' },
      sortKey: { name: 'da', type: 'N' },
      projects: ['k', 's', 'f', 'b', 'u'],
    },
    /** One entry a process. */
    {
      name: 'list',
      partitionKey: { name: 'g', type: 'S' },
      sortKey: { name: 'ca', type: 'N' },
      projects: ['k', 's', 'x'],
    },
  ],
} as const

export type IndexName = (typeof TABLE.indexes)[number]['name']
