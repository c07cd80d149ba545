import type { Processes } from 'leasehold'
import { video } from './video.ts'

/** What `queue.add('video', { url }, { jobId, delay })` was. */
export async function add(processes: Processes, job: { id: string; url: string; at: number }): Promise<void> {
  await processes.start(video, { url: job.url }, { id: job.id, startAt: job.at })
}
