export async function measureLimits() {
  return [];
}
