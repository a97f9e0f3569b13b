"""Iris on LitServe with scikit-learn: one worker, one prediction at a time; takes the port."""

import sys

import litserve
from iris_model import species_of


class Iris(litserve.LitAPI):
    def setup(self, device):
        self.model = species_of

    def decode_request(self, request):
        return request

    def predict(self, flower):
        return self.model(**flower)

    def encode_response(self, output):
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Iris(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, log_level="error", generate_client_file=False)
