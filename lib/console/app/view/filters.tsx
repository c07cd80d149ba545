import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { filterQuery, inputMoment, momentIn, type ListFilter } from '../model/filter.ts'
import { ALL_STATUSES, STATUS_WORDS, statusFrom } from '../model/status.ts'
import { go } from '../router.ts'

/** The filters of the list. A change goes into the address, so that it can be shared. */
export function Filters({ filter }: { readonly filter: ListFilter }) {
  const { value: kinds = [] } = useLive('kinds', (signal) => ask('kinds', {}, signal), { once: true })
  const names = kinds.map(({ kind }) => kind)
  const all = filter.kind === undefined || names.includes(filter.kind) ? names : [filter.kind, ...names]
  const change = (more: { readonly [Key in keyof ListFilter]?: ListFilter[Key] | undefined }): void => {
    const changed = { ...filter, ...more }
    const given = Object.entries(changed).filter(([, value]) => value !== undefined && value !== '')
    go(`/${filterQuery(Object.fromEntries(given))}`, { replace: true })
  }
  return (
    <form class="filters" aria-label="Filters of the list" onSubmit={(event) => event.preventDefault()}>
      <label>
        Kind
        <select
          value={filter.kind ?? ''}
          onChange={(event) => change({ kind: event.currentTarget.value, scope: undefined })}
        >
          <option value="">All kinds</option>
          {all.map((name) => (
            <option value={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Status
        <select
          value={filter.status ?? ''}
          onChange={(event) => change({ status: statusFrom(event.currentTarget.value) })}
        >
          <option value="">Any status</option>
          {ALL_STATUSES.map((status) => (
            <option value={status}>{STATUS_WORDS[status]}</option>
          ))}
        </select>
      </label>
      <label>
        Scope
        <input
          type="text"
          value={filter.scope ?? ''}
          placeholder="Any scope"
          autocomplete="off"
          onChange={(event) => change({ scope: event.currentTarget.value.trim(), kind: undefined })}
        />
      </label>
      <MomentField label="Created from" at={filter.from} change={(from) => change({ from })} />
      <MomentField label="Created before" at={filter.to} change={(to) => change({ to })} />
      {Object.keys(filter).length > 0 && (
        <button type="button" class="quiet" onClick={() => go('/', { replace: true })}>
          Clear filters
        </button>
      )}
    </form>
  )
}

function MomentField(of: {
  readonly label: string
  readonly at: number | undefined
  readonly change: (at: number | undefined) => void
}) {
  const { label, at, change } = of
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        value={at === undefined ? '' : inputMoment(at)}
        onChange={(event) => change(momentIn(event.currentTarget.value))}
      />
    </label>
  )
}
