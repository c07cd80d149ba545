/** Stands for the work that the job did. */
export const done: string[] = []

export async function download(url: string): Promise<string> {
  done.push(`download ${url}`)
  return `/tmp/${url.split('/').at(-1)}`
}

export async function transcode(file: string, format: string): Promise<string> {
  done.push(`transcode ${format}`)
  if (format === 'mp4' && done.filter((each) => each === 'transcode mp4').length === 1)
    throw new Error('out of memory')
  return `${file}.${format}`
}

export async function publish(parts: readonly string[]): Promise<string> {
  done.push('publish')
  return `https://cdn.example/${parts.length}`
}
