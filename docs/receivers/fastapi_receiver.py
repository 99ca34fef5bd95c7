# pip install fastapi uvicorn; WEBHOOK_SECRET=whsec_… uvicorn fastapi_receiver:app --port 8080
import os

from fastapi import FastAPI, HTTPException, Request, Response

from receiver import SEEN, verify

app = FastAPI()


@app.post("/{path:path}")
async def receive(request: Request) -> Response:
    # The signature is over the bytes as they came: not request.json().
    body = await request.body()
    try:
        verify(request.headers, body, os.environ["WEBHOOK_SECRET"])
    except ValueError as error:
        raise HTTPException(status_code=401, detail=str(error)) from error
    id_ = request.headers["webhook-id"]
    if id_ not in SEEN:
        SEEN.add(id_)
        print(f"received {id_} {body.decode()}", flush=True)
    return Response(status_code=204)
