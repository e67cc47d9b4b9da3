/** What the API answers, for its description. A test asks for the same and compares. */
export const proofExample = {
  receipt: 1,
  made: '2026-11-22T09:50:34.555Z',
  anchors: [
    {
      service: 'points',
      shard: 6,
      position: 8,
      hash: 'ac4d1f50a797c3c4d27d6cefbea57cf9414722b9c63255ba4c84023d937b0031',
      root: '0969f9b4a473df527c861ceb077b28428852d7b5c26d0d12d7aebfc679a9bf0b',
    },
  ],
  entries: [
    {
      event: {
        service: 'points',
        shard: 6,
        position: 8,
        id: '01a202aa-2165-74b7-ba9a-43c842cbcb18',
        type: 'points.redeemed.v1',
        subject: 'm-1001',
        recorded: '2026-11-22T09:50:33.807201Z',
        correlation: null,
        causation: null,
        trace: null,
        data: '{"program":"harbour-club","at":"2026-11-22T09:50:33.807Z","postings":[{"lot":"/adjustment/case-18","bucket":"held","points":-500},{"lot":"/adjustment/case-18","bucket":"spent","points":500}],"redemption":"till-3/9001","points":500,"allocations":[{"lot":"/adjustment/case-18","points":500}],"money":{"amount":"5","currency":"CNY","pointValue":"0.01"},"purchaseTotal":"120","reference":"till-3/9001"}',
        time: '2026-11-22T09:50:33.807000Z',
        previous: '0c70bf8bc1c7757f2ef36534492888b15d2fdb6838349dde41786f7fdec33bba',
      },
      bytes:
        'AAEMcL+Lwcd1fy7zZTRJKIixXS/baDg0nd5BeG9/3sM7ugAGAAAAAAAAAAgBogKqIWV0t7qaQ8hCy8sYAAZg2miSHJgABmDaaJIdYQAAAAZwb2ludHMAAAAScG9pbnRzLnJlZGVlbWVkLnYxAAAABm0tMTAwMf///////////////wAAAY57InByb2dyYW0iOiJoYXJib3VyLWNsdWIiLCJhdCI6IjIwMjYtMTEtMjJUMDk6NTA6MzMuODA3WiIsInBvc3RpbmdzIjpbeyJsb3QiOiIvYWRqdXN0bWVudC9jYXNlLTE4IiwiYnVja2V0IjoiaGVsZCIsInBvaW50cyI6LTUwMH0seyJsb3QiOiIvYWRqdXN0bWVudC9jYXNlLTE4IiwiYnVja2V0Ijoic3BlbnQiLCJwb2ludHMiOjUwMH1dLCJyZWRlbXB0aW9uIjoidGlsbC0zLzkwMDEiLCJwb2ludHMiOjUwMCwiYWxsb2NhdGlvbnMiOlt7ImxvdCI6Ii9hZGp1c3RtZW50L2Nhc2UtMTgiLCJwb2ludHMiOjUwMH1dLCJtb25leSI6eyJhbW91bnQiOiI1IiwiY3VycmVuY3kiOiJDTlkiLCJwb2ludFZhbHVlIjoiMC4wMSJ9LCJwdXJjaGFzZVRvdGFsIjoiMTIwIiwicmVmZXJlbmNlIjoidGlsbC0zLzkwMDEifQ==',
      hash: 'ac4d1f50a797c3c4d27d6cefbea57cf9414722b9c63255ba4c84023d937b0031',
      path: [
        'e429433c8992913fba04c602f7103b077d03b7d358394e3ba40e12ae84cb4bc2',
        '421792315ca3f399a0bddcd560b862f0bcbcc4bccc3f06afbcdd0d634b179c8b',
        '91cab454e8b78fffde44c4ab80c4b683407b98a7fe2057a5729c5e0128cd9b89',
      ],
    },
  ],
};
