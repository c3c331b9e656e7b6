self.onmessage=0
