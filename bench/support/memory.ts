// By how many bytes the resident set of this process grew at most while something ran.

export const monitorMemory = (): { stop(): number } => {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 20)
  return {
    stop: () => {
      clearInterval(timer)
      return Math.max(most, process.memoryUsage.rss()) - before
    },
  }
}
