import { invariant } from './invariant.ts'

// Every number of the library, with its unit and why it is what it is.

/** How long a claim or a renewal holds a process. After a death this much passes before another owner may take it. */
export const LEASE_TTL_MS = 15_000
/** A third of the TTL, so that two renewals in a row may fail before a lease is lost. */
export const LEASE_RENEW_EVERY_MS = 5_000
/** The least number of renewals that must fit in a TTL. */
export const RENEWALS_PER_TTL = 3

/** How often the sweep looks. One minute is the finest rate that EventBridge Scheduler offers. */
export const SWEEP_EVERY_MS = 60_000
/** Passes closer together than this read the due index more often than a lease can run out, and cost accordingly. */
export const SWEEP_EVERY_MIN_MS = 5_000
/** With less of an invocation left than this no further pass is begun: one that is cut off has woken half of a shard. */
export const PASS_MARGIN_MS = 3_000
/** The longest a sweep may take that makes passes for a minute: it ends before the next invocation begins. */
export const SWEEP_LOOP_TIMEOUT_MS = 59_000
/** Wake-ups lost on the way are sent again by the sweep once the row is overdue by this. */
export const WAKEUP_GRACE_MS = 30_000
/** The same where nothing waits in the queue: no longer than SQS's whole seconds and a cold start account for. */
export const WAKEUP_GRACE_IDLE_MS = 5_000
/** SQS refuses more (DelaySeconds ≤ 900). */
export const SQS_DELAY_MAX_MS = 900_000
/** SQS takes ten entries a batch. */
export const SQS_BATCH_MAX = 10
/** A row that a pass woke is sent again after so many passes: its wake-up may wait behind others. Sooner where none wait. */
export const RESEND_AFTER_PASSES = 3
/** A queue with this many visible messages is long. The sweep then wakes only the two reserves below: a backlog must not grow by wake-ups. */
export const QUEUE_LONG_AT = 1_000
/** Wake-ups for dead owners' rows that a pass sends for each shard to a long queue: 400 for all shards. */
export const SWEEP_RECOVERIES_PER_SHARD = 50
/** The same for all other rows, longest overdue first: 40 a pass do not grow a queue. */
export const SWEEP_OVERDUE_PER_SHARD = 5
/** Rows a sweep reads from one shard in one pass; the rest waits for the next pass and shows as a metric. */
export const SWEEP_ROWS_PER_SHARD = 2_000

/** Shards of the due index. One index partition takes 1,000 writes a second; 8 carry 8,000. */
export const DUE_SHARDS = 8
/** Shards of the list index per scope or kind: one, so that a page of a list is one request. */
export const LIST_SHARDS = 1

/** Longest a Lambda may run, and so the worker's timeout in the cloud: the longer, the fewer hand-overs. */
export const WORKER_TIMEOUT_MS = 15 * 60_000
/** A share of the CPU comes with memory; at this size a cold start with the bundled clients stays under half a second. */
export const WORKER_MEMORY_MB = 1_024
/** Worker invocations at once by default: each runs one batch of ten, and an account starts with 1,000 for everything in it. */
export const WORKER_MAX_INVOCATIONS = 100
/** Ends before the next pass starts, so that slow passes do not pile up. */
export const SWEEP_TIMEOUT_MS = 50_000
/** The sweep waits for the network nearly all of its time. */
export const SWEEP_MEMORY_MB = 512
/** Lambda's advice for a queue it polls: six times the function's timeout, so that a throttled batch is not delivered twice. */
export const VISIBILITY_PER_TIMEOUT = 6
/** Deliveries of one message before SQS moves it to the dead-letter queue: a bound for messages that crash their worker. */
export const MAX_RECEIVES = 5
/** How long the work queue keeps a message: over a long weekend's outage. */
export const WORK_RETENTION_MS = 4 * 24 * 3_600_000
/** SQS keeps no message longer. Counted from the first send, so it must exceed the work queue's. */
export const DEAD_LETTER_RETENTION_MS = 14 * 24 * 3_600_000
/** How long a receive waits for a message before it answers with none; SQS allows no longer. */
export const RECEIVE_WAIT_MS = 20_000

/** Processes at once in one worker: one SQS batch. */
export const CONCURRENCY = 10
/** How often a caller that waits for a process run elsewhere looks at it. */
export const WATCH_EVERY_MS = 1_000
/** Less remaining time than this and no new effect is begun in the invocation: it hands over instead. */
export const HANDOVER_MARGIN_MS = 10_000
/**
 * Clocks of two hosts differ by less than this. An owner counts as dead so long after its invocation's hard end, and a
 * wake-up that comes earlier than this before its row is due belongs to an earlier due time.
 */
export const CLOCKS_DIFFER_MAX_MS = 5 * 60_000

/** Workers that may die while they run one process alone, without progress, before it ends failed with `attempts_exhausted`. */
export const MAX_STALLS = 5
/** Wait after the second worker that died while it ran a process alone; doubles from there. Before that there is none. */
export const STALL_BACKOFF_MS = 1_000
/** Waits for a crash loop grow no longer than this, so that a fix is noticed within a quarter of an hour. */
export const STALL_BACKOFF_MAX_MS = 15 * 60_000
/** Tries to read or store a value, over half an hour, before its process is stuck and waits for people. */
export const VALUE_TRIES_MAX = 5
/** Wait before looking again for a definition that is not deployed. */
export const UNDEPLOYED_BACKOFF_MS = 60_000

/** A run waits in place for a wait shorter than this: parking costs two writes and a wake-up. */
export const STAY_MS = 2_000
/** One timer of the platform reaches 2^31 ms; a longer wait is cut into these, and no timing of a worker is longer. */
export const TIMER_MAX_MS = 86_400_000
/**
 * Entries that a process's own code may leave in its log (outcomes, beginnings, failed attempts). A loop without end is
 * ended here with `journal_full`. A re-run reads all of them: at this many that is some 10 MB and takes seconds.
 */
export const JOURNAL_ENTRIES_MAX = 100_000
/** A step's name as the lease item shows it: a renewal has to stay within one write unit (1,024 bytes). */
export const STEP_SHOWN_MAX_BYTES = 128
/** An effect's name, in characters: it rides in each of the effect's entries. */
export const EFFECT_NAME_MAX = 256
/** Attempts of one step: each is an entry, and a month of tries at the longest default delay comes to fewer. */
export const RETRY_ATTEMPTS_MAX = 10_000
/** A step's outcome is held this long for company before it is written on its own. */
export const COMMIT_HOLD_MS = 10
/** The tail of the log may grow the process item to about one write unit (1,024 bytes), then it is rolled into a page. */
export const PROCESS_ITEM_TARGET_BYTES = 1_000
/** A big registration leaves the tail this much all the same, at the price of a further write unit: else each commit would roll. */
export const TAIL_MIN_BYTES = 400
/**
 * A page, and the entries of one commit, stay under this: DynamoDB refuses items over 400 KB. It may not be raised: a
 * reader of a part of a log finds out by it which pages belong to different plans.
 */
export const PAGE_MAX_BYTES = 300_000

/** Names of waits that a parked row shows; a process may have thousands. */
export const WAITS_SHOWN = 8
/** Above this an arrival rolls the tail into a page, with or without an owner: each later write pays for the item again. */
export const TAIL_ROLLED_BYTES = 4_000
/** Tries of an arrival to roll the tail, where others append at the same moment; then it is appended as it is. */
export const TAIL_ROLL_TRIES = 3
/**
 * An arrival that could not roll the tail is appended up to this, so it takes many at the same moment to come here. More is
 * refused: an item near 400 KB could not be claimed any more.
 */
export const BACKLOG_MAX_BYTES = 300_000
/** More than this in the tail is rolled before the terminal write, which then takes a write more and leaves a small row. */
export const ENDED_TAIL_MAX_BYTES = 16_000
/** A signal's name, and the key that makes it count once, in characters: both ride in the entry. */
export const SIGNAL_NAME_MAX = 256

/** The secret that completes an external process, in characters: a shorter one can be guessed. */
export const COMPLETION_TOKEN_MIN = 16
/** The same at its longest: it is kept as a hash, so a longer one would prove nothing more. */
export const COMPLETION_TOKEN_MAX = 256

/** Objects and lists in each other: deeper than any payload needs, and far from overflowing a stack. */
export const JSON_DEPTH_MAX = 200
/** The last instant that a date can say; a later one would be written, and never be read back. */
export const INSTANT_MAX_MS = 8_640_000_000_000_000
/** The longest timeout or retention, a hundred years: a longer one is a mistake in units. */
export const LIMIT_MAX_MS = 100 * 366 * 24 * 3_600_000
/** A registration without its input: it is in the process item for good, beside a full backlog of signals. */
export const REGISTRATION_MAX_BYTES = 50_000
/** A value above this goes to an item of its own: inline, every later write of the process item would pay for it again. */
export const INLINE_VALUE_MAX_BYTES = 512
/** The largest payload: one DynamoDB item (400 KB) with room for keys. */
export const PAYLOAD_MAX_BYTES = 350_000
/** The largest payload where there is a place for large ones: it passes through a worker's memory whole. */
export const LARGE_PAYLOAD_MAX_BYTES = 16 * 1_048_576
/** SQS refuses larger messages (1 MiB). */
export const MESSAGE_MAX_BYTES = 1_048_576
/** Messages and reasons that people write are cut to this in stored errors. */
export const ERROR_MESSAGE_MAX_BYTES = 2_000
/** Names and codes of errors are cut to this: no class is named longer by anyone who wants it found. */
export const ERROR_NAME_MAX_BYTES = 200

/** How long a terminal process is kept. */
export const RETENTION_MS = 30 * 24 * 3_600_000
/**
 * How long after that its id is still known as used, and refused. Longer than a message can lie in any queue, so that a
 * start that is found in a dead-letter queue and sent again never runs a second time.
 */
export const TOMBSTONE_MS = 15 * 24 * 3_600_000
/** Items beside an ended process stay this long, whatever its retention: notices to its parent and children are read from its log. */
export const RELATED_ITEMS_KEPT_MS = 24 * 3_600_000
/**
 * An input this old without a row belongs to no start that is under way. A worker or a caller puts the input and registers the
 * row in one invocation, which lasts 15 minutes at most.
 */
export const INPUT_ABANDONED_AFTER_MS = 24 * 3_600_000
/** Keys of one page of a partition: a page costs memory for keys only, however large the items are. */
export const KEYS_PAGE = 500
/** Expiry times that are set at once: some hundred updates a second, well below what a partition takes. */
export const EXPIRY_WRITES_AT_ONCE = 8
/** TTL removes a lease item this long after its last renewal. It never counts as live past its own expiry. */
export const LEASE_ITEM_KEPT_MS = 24 * 3_600_000

/** Tries of one DynamoDB request that was throttled or collided, before the error reaches the caller. */
export const STORE_TRIES = 8
/** Wait before the second try; doubles, with full jitter. */
export const STORE_RETRY_BASE_MS = 25
/** Waits between tries grow no longer than this: all tries together stay well under a lease. */
export const STORE_RETRY_MAX_MS = 2_000
/**
 * A request to DynamoDB or SQS that got no answer for this long is taken for lost. Both answer in milliseconds, and give
 * up on a request of their own accord later than this. Where renewals come faster, their interval counts instead.
 */
export const REQUEST_TIMEOUT_MS = 5_000
/** The same for a connection that does not come about: a handshake within a region takes a few milliseconds. */
export const CONNECT_TIMEOUT_MS = 2_000
/** Pages of an index that one answer may read: a rare status ends its page early, with a cursor, instead of reading on. */
export const LIST_READS_MAX = 10
/** One BatchGetItem takes no more keys. */
export const BATCH_GET_KEYS = 100
/** Requests of up to 1 MB that one read of a process's log may take: a log beyond that is refused, not read for ever. */
export const RANGE_READS_MAX = 1_000
/** Times a race between a read and a conditional write is run again before `Contended` is thrown. */
export const RACE_TRIES = 8
/** The same for coming to a concurrency key and leaving it: one item is shared by all who come and go. */
export const SLOT_RACE_TRIES = 64
/** A concurrency key, in characters: it is part of the key of the item that says who runs. */
export const CONCURRENCY_KEY_MAX = 256
/** Processes that may wait in the queue of one concurrency key. The others ask again by themselves. */
export const SLOT_QUEUE_MAX = 10_000
/** Processes that one leaving lets through at once: a transaction takes 100 writes, and each may carry a full backlog. */
export const SLOTS_PASSED_ON_MAX = 8
/** The queue of a key is one item of ids: it stays clear of DynamoDB's 400 KB with room for ids that join at the same moment. */
export const SLOT_ITEM_MAX_BYTES = 300_000
/** Pages that a reader of a part of a log asks for at first, at most; twice as many each time that they do not do. */
export const LOG_PAGES_AT_FIRST = 32
/** Entries, rows or records in one answered page. */
export const PAGE_ROWS = 100

invariant(LEASE_RENEW_EVERY_MS * RENEWALS_PER_TTL <= LEASE_TTL_MS, 'a lease outlives its missed renewals')
invariant(
  REQUEST_TIMEOUT_MS <= LEASE_RENEW_EVERY_MS,
  'a renewal without a reply times out before the next one',
)
invariant(PAYLOAD_MAX_BYTES + 1_000 < 400_000, 'a payload fits one item')
invariant(
  REGISTRATION_MAX_BYTES + BACKLOG_MAX_BYTES < PAYLOAD_MAX_BYTES + 1,
  'a process item with a full backlog fits',
)
invariant(Number.isSafeInteger(INSTANT_MAX_MS + LIMIT_MAX_MS), 'a deadline can be stored')
invariant(PAGE_MAX_BYTES < PAYLOAD_MAX_BYTES, 'a page fits one item')
invariant(
  SWEEP_EVERY_MS <= SQS_DELAY_MAX_MS,
  'the look-ahead of a sweep can be sent as a wake-up with an exact delay',
)
invariant(SWEEP_LOOP_TIMEOUT_MS < SWEEP_EVERY_MS, 'passes of one minute end before those of the next begin')
invariant(SWEEP_TIMEOUT_MS < SWEEP_EVERY_MS, 'a pass of the sweep ends before the next begins')
invariant(
  WORKER_TIMEOUT_MS * VISIBILITY_PER_TIMEOUT * MAX_RECEIVES < WORK_RETENTION_MS,
  'a message meets its last delivery before it expires',
)
invariant(
  DEAD_LETTER_RETENTION_MS < TOMBSTONE_MS,
  'an id is known as used for as long as a message that starts it can turn up',
)
invariant(
  WORK_RETENTION_MS < DEAD_LETTER_RETENTION_MS,
  'a message lives on after it was moved to the dead-letter queue',
)
