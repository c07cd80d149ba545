/** Stands for a carrier's API. It calls back with the token when the parcel has arrived, which may take days. */
export async function book(parcel: string, token: string): Promise<void> {
  console.log(`carrier: ${parcel} is booked, and answers with ${token}`)
}
